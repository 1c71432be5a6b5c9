/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * Accelerators: -accel. Each is a way to come by a door to KVM.
 */
#ifndef HW_ACCEL_H
#define HW_ACCEL_H

#include "hw/kvm-ops.h"
#include "hw/target.h"
#include "qapi-types.h"
#include "qom/object.h"

#define TYPE_ACCEL "accel"

typedef struct Accel {
    Object parent;
    AccelProperties props;
} Accel;

typedef struct AccelClass {
    ObjectClass parent_class;
    const char *description; /* for -accel help */
    bool simulated;          /* as KvmDoor.simulated, which every door of it is */
    /** The path of KVM's device. */
    const char *(*device)(const Accel *accel);
    /** A new door, without decoration. */
    KvmDoor *(*door)(const Accel *accel, const TargetInfo *target, Error **errp);
} AccelClass;

#define ACCEL(obj)           OBJECT_CHECK(Accel, obj, TYPE_ACCEL)
#define ACCEL_GET_CLASS(obj) OBJECT_GET_CLASS(AccelClass, obj, TYPE_ACCEL)

/** A new door for machines of @p target as the properties of @p accel ask for it, traced if they do. */
KvmDoor *accel_open_door(const Accel *accel, const TargetInfo *target, Error **errp);

/** The same, but never traced: for questions beside a machine that has a door of its own. */
KvmDoor *accel_open_side_door(const Accel *accel, const TargetInfo *target, Error **errp);

/** Whether its host is a simulated one: printed, never branched on. */
bool accel_is_simulated(const Accel *accel);

/** The path of KVM's device behind that door. */
const char *accel_device(const Accel *accel);

#endif
