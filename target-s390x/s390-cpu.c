/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/s390-cpu.h"
#include <string.h>
#include "qapi-builtins.h"
#include "target-s390x/kvm-s390-abi.h"

#define UNPACK_WORD (KVM_S390_FACILITY_UNPACK / 64)
#define UNPACK_BIT  (UINT64_C(1) << (63 - KVM_S390_FACILITY_UNPACK % 64))

static bool parse_property(const char *text, S390Cpu *cpu, Error **errp)
{
    if (strcmp(text, "unpack=on") == 0) {
        cpu->unpack = ON_OFF_AUTO_ON;
    } else if (strcmp(text, "unpack=off") == 0) {
        cpu->unpack = ON_OFF_AUTO_OFF;
    } else {
        return error_setg(errp,
                          "-cpu: '%s' is none of unpack=on and unpack=off; other facilities are those of "
                          "the host",
                          text);
    }
    return true;
}

bool s390_cpu_parse(const char *text, S390Cpu *cpu, Error **errp)
{
    g_auto(GStrv) parts = g_strsplit(text ? text : "host", ",", -1);

    *cpu = (S390Cpu){ .unpack = ON_OFF_AUTO_AUTO };
    if (!parts[0] || (strcmp(parts[0], "host") != 0 && strcmp(parts[0], "max") != 0)) {
        return error_set(
            errp, CGVM_ERROR_NOT_FOUND,
            "-cpu: there is no model '%s' for this machine; its vCPUs are those of the host: leave it "
            "out, or use host",
            parts[0] ? parts[0] : "");
    }
    for (char **part = parts + 1; *part; part++) {
        if (!parse_property(*part, cpu, errp)) {
            return false;
        }
    }
    return true;
}

char *s390_cpu_help(void)
{
    return g_strdup("Models of vCPUs of s390x machines:\n"
                    "host, max            what KVM can give a guest on this host\n"
                    "\n"
                    "unpack=on|off        whether a guest can become a secure one; the default is on if the\n"
                    "                     host can do that\n");
}

bool s390_cpu_probe(const S390Cpu *cpu, const Kvm *kvm, bool *ret_has_unpack, Error **errp)
{
    bool is_offered = kvm_check_extension(kvm, KVMCAP_S390_PROTECTED) > 0;

    if (cpu->unpack == ON_OFF_AUTO_ON && !is_offered) {
        return error_set(errp, CGVM_ERROR_UNSUPPORTED, "-cpu: unpack=on: " S390_NO_PROTECTED);
    }
    *ret_has_unpack = is_offered && cpu->unpack != ON_OFF_AUTO_OFF;
    return true;
}

static bool get_attribute(const Kvm *kvm, uint64_t attr, void *value, Error **errp)
{
    const KvmDeviceAttr attribute = {
        .group = KVM_S390_GROUP_CPU_MODEL,
        .attr = attr,
        .addr = (uintptr_t)value,
    };

    return KVM_CALL(kvm, kvm->vm_fd, GET_DEVICE_ATTR, &attribute, errp) >= 0 ||
           error_prepend(errp, "cannot ask what the %s: ",
                         attr == KVM_S390_CPU_MACHINE ? "host's processor is" : "vCPUs would be");
}

bool s390_cpu_define(const Kvm *kvm, bool has_unpack, Error **errp)
{
    g_autofree KvmS390Machine *machine = g_new0(KvmS390Machine, 1);
    g_autofree KvmS390Processor *processor = g_new0(KvmS390Processor, 1);
    const KvmDeviceAttr attribute = {
        .group = KVM_S390_GROUP_CPU_MODEL,
        .attr = KVM_S390_CPU_PROCESSOR,
        .addr = (uintptr_t)processor,
    };

    if (!get_attribute(kvm, KVM_S390_CPU_MACHINE, machine, errp) ||
        !get_attribute(kvm, KVM_S390_CPU_PROCESSOR, processor, errp)) {
        return false;
    }
    memcpy(processor->fac_list, machine->fac_mask, sizeof(processor->fac_list));
    /* KVM itself neither offers nor takes this one away: it is for whoever handles diagnose 308. */
    processor->fac_list[UNPACK_WORD] &= ~UNPACK_BIT;
    processor->fac_list[UNPACK_WORD] |= has_unpack ? UNPACK_BIT : 0;
    return KVM_CALL(kvm, kvm->vm_fd, SET_DEVICE_ATTR, &attribute, errp) >= 0 ||
           error_prepend(errp, "cannot define the vCPUs: ");
}
