/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/vcpu.h"

int vcpu_call(const Vcpu *vcpu, unsigned long request, const char *name, const void *arg, Error **errp)
{
    int result = kvm_call(vcpu->kvm, vcpu->fd, request, name, arg, errp);

    if (result < 0) {
        bool failed = error_prepend(errp, "vCPU %u: ", vcpu->index);
        return failed - 1;
    }
    return result;
}

Vcpu *vcpu_new(const Kvm *kvm, unsigned index, unsigned id, Error **errp)
{
    Vcpu *vcpu = g_new0(Vcpu, 1);
    void *run;
    int result;

    vcpu->kvm = kvm;
    vcpu->index = index;
    vcpu->fd = KVM_CALL(kvm, kvm->vm_fd, CREATE_VCPU, (uintptr_t)id, errp);
    if (vcpu->fd < 0) {
        g_free(vcpu);
        return error_prepend_null(errp, "cannot create vCPU %u: ", index);
    }
    result = kvm_map_vcpu(kvm, vcpu->fd, &run);
    if (result < 0) {
        vcpu_free(vcpu);
        return error_set_errno_null(errp, CGVM_ERROR_KERNEL, -result,
                                    "cannot map the page that KVM shares about vCPU %u: %s", index,
                                    g_strerror(-result));
    }
    vcpu->run = run;
    return vcpu;
}

void vcpu_free(Vcpu *vcpu)
{
    if (!vcpu) {
        return;
    }
    if (vcpu->run) {
        vcpu->kvm->door->ops->munmap(vcpu->kvm->door->host, vcpu->run, vcpu->kvm->run_size);
    }
    vcpu->kvm->door->ops->close(vcpu->kvm->door->host, vcpu->fd);
    g_free(vcpu);
}
