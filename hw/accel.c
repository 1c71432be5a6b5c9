/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/accel.h"
#include <errno.h>
#include <stdio.h>
#include "hw/kvm-trace.h"
#include "hw/simhost.h"
#include "qapi-builtins.h"

KvmDoor *accel_open_side_door(const Accel *accel, const TargetInfo *target, Error **errp)
{
    return ACCEL_GET_CLASS(accel)->door(accel, target, errp);
}

KvmDoor *accel_open_door(const Accel *accel, const TargetInfo *target, Error **errp)
{
    KvmDoor *door;
    FILE *stream;

    door = accel_open_side_door(accel, target, errp);
    if (!door || !accel->props.trace) {
        return door;
    }
    stream = fopen(accel->props.trace, "we");
    if (!stream) {
        int os_error = errno;
        kvm_door_free(door);
        return error_set_errno_null(errp, CGVM_ERROR_IO, os_error, "cannot write the trace '%s': %s",
                                    accel->props.trace, g_strerror(os_error));
    }
    return kvm_trace_door_new(door, target->trace, stream, accel->props.trace);
}

bool accel_is_simulated(const Accel *accel)
{
    return ACCEL_GET_CLASS(accel)->simulated;
}

const char *accel_device(const Accel *accel)
{
    return ACCEL_GET_CLASS(accel)->device(accel);
}

static void accel_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    object_class_add_fields(oc, &accel_fields, offsetof(Accel, props));
}

const TypeInfo accel_type = {
    .name = TYPE_ACCEL,
    .parent = TYPE_OBJECT,
    .abstract = true,
    .instance_size = sizeof(Accel),
    .class_size = sizeof(AccelClass),
    .class_init = accel_class_init,
};

/* ---- the kernel's ---- */

typedef struct KvmAccel {
    Accel parent;
    KvmAccelProperties props;
} KvmAccel;

static const char *kvm_accel_device(const Accel *accel)
{
    return ((const KvmAccel *)accel)->props.device;
}

static KvmDoor *kvm_accel_door(const Accel *accel G_GNUC_UNUSED, const TargetInfo *target G_GNUC_UNUSED,
                               Error **errp G_GNUC_UNUSED)
{
    return kvm_kernel_door_new();
}

static void kvm_accel_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    AccelClass *ac = OBJECT_CLASS_CHECK(AccelClass, oc, TYPE_ACCEL);

    object_class_add_fields(oc, &kvm_accel_fields, offsetof(KvmAccel, props));
    ac->description = "KVM of this machine's kernel";
    ac->device = kvm_accel_device;
    ac->door = kvm_accel_door;
}

const TypeInfo kvm_accel_type = {
    .name = "kvm-accel",
    .parent = TYPE_ACCEL,
    .instance_size = sizeof(KvmAccel),
    .class_init = kvm_accel_class_init,
};

/* ---- the simulated one ---- */

typedef struct SimAccel {
    Accel parent;
    SimAccelProperties props;
} SimAccel;

static const char *sim_accel_device(const Accel *accel G_GNUC_UNUSED)
{
    return "/dev/kvm";
}

static KvmDoor *sim_accel_door(const Accel *accel, const TargetInfo *target, Error **errp)
{
    const SimAccelProperties *props = &((const SimAccel *)accel)->props;
    SimHostOptions options = {
        .model = props->model,
        .fault = props->fault,
        .report = props->report,
        .script = props->script,
        .cbit = props->has_cbitpos ? props->cbitpos : 0,
        .engine_device = props->script ? NULL : props->device,
        .no_es = !props->es,
        .no_snp = !props->snp,
        .secure_tsc = props->secure_tsc,
    };

    if (!target->sim) {
        return error_set_null(errp, CGVM_ERROR_UNSUPPORTED, "there is no simulated host for %s machines",
                              target->name);
    }
    return simhost_door_new(target->sim, &options, errp);
}

static void sim_accel_class_init(ObjectClass *oc, const void *data G_GNUC_UNUSED)
{
    AccelClass *ac = OBJECT_CLASS_CHECK(AccelClass, oc, TYPE_ACCEL);

    object_class_add_fields(oc, &sim_accel_fields, offsetof(SimAccel, props));
    ac->description = "simulated host: kernel and security firmware in software, proof of nothing";
    ac->simulated = true;
    ac->device = sim_accel_device;
    ac->door = sim_accel_door;
}

const TypeInfo sim_accel_type = {
    .name = "sim-accel",
    .parent = TYPE_ACCEL,
    .instance_size = sizeof(SimAccel),
    .class_init = sim_accel_class_init,
};
