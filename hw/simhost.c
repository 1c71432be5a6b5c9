/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The simulated host: its door, its table of open files and /dev/kvm.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "hw/simhost-file.h"

int sim_descriptor_new(const char *name, uint64_t size, int open_flags)
{
    int fd = memfd_create(name, open_flags & O_CLOEXEC ? MFD_CLOEXEC : 0);

    if (fd < 0) {
        return -errno;
    }
    if (size > 0 && ftruncate(fd, (off_t)size) < 0) {
        int error = errno;

        close(fd);
        return -error;
    }
    return fd;
}

int sim_file_install(SimHost *host, int fd, const SimFile *file)
{
    SimFile *copy = g_memdup2(file, sizeof(*file));

    copy->host = host;
    copy->refs = 1;
    g_mutex_lock(&host->lock);
    g_hash_table_insert(host->files, GINT_TO_POINTER(fd), copy);
    g_mutex_unlock(&host->lock);
    return fd;
}

SimFile *sim_file_get(SimHost *host, int fd)
{
    SimFile *file;

    g_mutex_lock(&host->lock);
    file = g_hash_table_lookup(host->files, GINT_TO_POINTER(fd));
    if (file) {
        file->refs++;
    }
    g_mutex_unlock(&host->lock);
    return file;
}

void sim_file_unref(SimFile *file)
{
    bool last;

    if (!file) {
        return;
    }
    g_mutex_lock(&file->host->lock);
    last = --file->refs == 0;
    g_mutex_unlock(&file->host->lock);
    if (!last) {
        return;
    }
    sim_gmem_close(file->gmem);
    sim_vm_unref(file->vm);
    g_free(file);
}

SimGmem *sim_host_find_gmem(SimHost *host, int fd, const SimVm *vm)
{
    SimFile *file;
    SimGmem *gmem = NULL;

    g_mutex_lock(&host->lock);
    file = g_hash_table_lookup(host->files, GINT_TO_POINTER(fd));
    if (file && file->kind == SIM_FILE_GMEM && file->vm == vm) {
        gmem = file->gmem;
    }
    g_mutex_unlock(&host->lock);
    return gmem;
}

bool sim_host_fd_is_device(SimHost *host, int fd, const char *path)
{
    SimFile *file;
    bool is_device;

    g_mutex_lock(&host->lock);
    file = g_hash_table_lookup(host->files, GINT_TO_POINTER(fd));
    is_device = file && file->kind == SIM_FILE_DEVICE && strcmp(file->device->path, path) == 0;
    g_mutex_unlock(&host->lock);
    return is_device;
}

int64_t sim_host_device_type(SimHost *host, int fd, const SimVm *vm)
{
    int64_t type = -1;
    SimFile *file;

    g_mutex_lock(&host->lock);
    file = g_hash_table_lookup(host->files, GINT_TO_POINTER(fd));
    if (file && file->kind == SIM_FILE_VM_DEVICE && file->vm == vm) {
        type = file->device_type;
    }
    g_mutex_unlock(&host->lock);
    return type;
}

static int host_open(void *opaque, const char *path, int flags)
{
    SimHost *host = opaque;
    SimFile file = { .open_flags = flags };
    int fd;

    if (strcmp(path, "/dev/kvm") == 0) {
        file.kind = SIM_FILE_KVM;
    } else {
        for (size_t i = 0; i < host->target->n_devices && !file.device; i++) {
            if (strcmp(path, host->target->devices[i].path) == 0) {
                file.kind = SIM_FILE_DEVICE;
                file.device = &host->target->devices[i];
            }
        }
        if (!file.device) {
            return -ENOENT;
        }
    }
    fd = sim_descriptor_new(path, 0, flags);
    return fd < 0 ? fd : sim_file_install(host, fd, &file);
}

/* HAS_DEVICE_ATTR and GET_DEVICE_ATTR of /dev/kvm; kvm_x86_dev_get_attr() in arch/x86/kvm/x86.c. */
static int system_attr(SimHost *host, unsigned long request, unsigned long arg)
{
    KvmDeviceAttr attr;
    uint64_t value;
    int ret = sim_copy_from_user(&attr, arg, sizeof(attr));

    if (ret < 0) {
        return ret;
    }
    ret = host->target->system_attr(host->target_host, attr.group, attr.attr, &value);
    if (ret < 0 || request == KVMIO_HAS_DEVICE_ATTR) {
        return ret;
    }
    return sim_copy_to_user(attr.addr, &value, sizeof(value));
}

/* kvm_dev_ioctl() in virt/kvm/kvm_main.c. */
static int system_ioctl(SimHost *host, unsigned long request, unsigned long arg)
{
    switch (request) {
    case KVMIO_GET_API_VERSION:
        return arg ? -EINVAL : KVM_ABI_VERSION;
    case KVMIO_CREATE_VM:
        return sim_vm_open(host, arg);
    case KVMIO_CHECK_EXTENSION:
        return sim_check_extension(host, NULL, arg);
    case KVMIO_GET_VCPU_MMAP_SIZE:
        return arg ? -EINVAL : (int)host->target->run_size;
    case KVMIO_HAS_DEVICE_ATTR:
    case KVMIO_GET_DEVICE_ATTR:
        return system_attr(host, request, arg);
    default:
        return host->target->system_ioctl(host->target_host, request, arg);
    }
}

static int host_ioctl(void *opaque, int fd, unsigned long request, unsigned long arg)
{
    SimHost *host = opaque;
    g_autoptr(SimFile) file = sim_file_get(host, fd);

    if (!file) {
        return -EBADF;
    }
    switch (file->kind) {
    case SIM_FILE_KVM:
        return system_ioctl(host, request, arg);
    case SIM_FILE_DEVICE:
        return file->device->ioctl(host->target_host, file->open_flags, request, arg);
    case SIM_FILE_VM:
        return sim_vm_ioctl(file->vm, request, arg);
    case SIM_FILE_VCPU:
        return sim_vcpu_ioctl(file->vcpu, request, arg);
    case SIM_FILE_VM_DEVICE:
        return sim_device_ioctl(file->vm, file->device_type, request, arg);
    case SIM_FILE_GMEM:
    default:
        return -ENOTTY;
    }
}

/* The lock is held, so that the vCPU is not attached between the choice of the descriptor and the record. */
static void *map_vcpu(SimHost *host, int fd, SimVcpu *vcpu, size_t length)
{
    SimMapping mapping = { .length = length, .vcpu = vcpu };
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&host->lock);

    mapping.address =
        mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->is_attached ? vcpu->engine_fd : fd, 0);
    if (mapping.address != MAP_FAILED) {
        g_array_append_val(host->mappings, mapping);
    }
    return mapping.address;
}

bool sim_mappings_replace(SimVcpu *vcpu)
{
    SimHost *host = vcpu->vm->host;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&host->lock);

    for (guint i = 0; i < host->mappings->len; i++) {
        const SimMapping *mapping = &g_array_index(host->mappings, SimMapping, i);

        if (mapping->vcpu == vcpu && mmap(mapping->address, mapping->length, PROT_READ | PROT_WRITE,
                                          MAP_SHARED | MAP_FIXED, vcpu->engine_fd, 0) == MAP_FAILED) {
            return false;
        }
    }
    vcpu->is_attached = true;
    return true;
}

void sim_mappings_forget(const SimVcpu *vcpu)
{
    SimHost *host = vcpu->vm->host;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&host->lock);

    for (guint i = 0; i < host->mappings->len; i++) {
        SimMapping *mapping = &g_array_index(host->mappings, SimMapping, i);

        if (mapping->vcpu == vcpu) {
            mapping->vcpu = NULL;
        }
    }
}

static int host_mmap(void *opaque, int fd, size_t length, void **ret_address)
{
    g_autoptr(SimFile) file = sim_file_get(opaque, fd);
    void *address;

    if (!file) {
        return -EBADF;
    }
    if (length == 0) {
        return -EINVAL;
    }
    if (file->kind != SIM_FILE_VCPU) {
        return -ENODEV;
    }
    address = map_vcpu(opaque, fd, file->vcpu, length);
    if (address == MAP_FAILED) {
        return -errno;
    }
    *ret_address = address;
    return 0;
}

static int host_munmap(void *opaque, void *address, size_t length)
{
    SimHost *host = opaque;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&host->lock);

    for (guint i = 0; i < host->mappings->len; i++) {
        if (g_array_index(host->mappings, SimMapping, i).address == address) {
            g_array_remove_index_fast(host->mappings, i);
            break;
        }
    }
    return munmap(address, length) < 0 ? -errno : 0;
}

/* vfs_fallocate() in fs/open.c, then kvm_gmem_fallocate(). */
static int host_fallocate(void *opaque, int fd, int mode, off_t offset, off_t length)
{
    g_autoptr(SimFile) file = sim_file_get(opaque, fd);

    if (!file) {
        return -EBADF;
    }
    if (offset < 0 || length <= 0) {
        return -EINVAL;
    }
    if ((mode & FALLOC_FL_PUNCH_HOLE) && !(mode & FALLOC_FL_KEEP_SIZE)) {
        return -EOPNOTSUPP;
    }
    if (file->kind != SIM_FILE_GMEM) {
        return -ENODEV;
    }
    if (offset > G_MAXINT64 - length) {
        return -EFBIG;
    }
    return sim_gmem_fallocate(file->gmem, mode, offset, length);
}

static int host_close(void *opaque, int fd)
{
    SimHost *host = opaque;
    gpointer file = NULL;

    g_mutex_lock(&host->lock);
    g_hash_table_steal_extended(host->files, GINT_TO_POINTER(fd), NULL, &file);
    g_mutex_unlock(&host->lock);
    if (!file) {
        return -EBADF;
    }
    close(fd);
    sim_file_unref(file);
    return 0;
}

static void host_free(void *opaque)
{
    SimHost *host = opaque;
    g_autofree gpointer *left = g_hash_table_get_keys_as_array(host->files, NULL);

    for (gpointer *fd = left; *fd; fd++) {
        host_close(host, GPOINTER_TO_INT(*fd));
    }
    g_hash_table_unref(host->files);
    host->target->host_free(host->target_host);
    g_array_unref(host->mappings);
    g_mutex_clear(&host->lock);
    g_free(host->engine_device);
    g_free(host->no_engine);
    g_free(host->report);
    g_free(host->name);
    g_free(host);
}

void sim_host_set_no_engine(SimHost *host, Error *error)
{
    g_mutex_lock(&host->lock);
    g_free(host->no_engine);
    host->no_engine = g_strdup(cgvm_error_message(error));
    g_mutex_unlock(&host->lock);
    cgvm_error_free(error);
}

void sim_host_script_is_over(SimHost *host)
{
    sim_host_set_no_engine(host,
                           error_new(CGVM_ERROR_UNSUPPORTED, 0,
                                     "the guest's script is over; let it end with halt, shutdown or the "
                                     "like"));
}

void sim_host_lacks_script(SimHost *host)
{
    sim_host_set_no_engine(host, error_new(CGVM_ERROR_UNSUPPORTED, 0,
                                           "a %s runs no guest code; say with script= what the guest does",
                                           host->name));
}

static char *host_why_not(void *opaque)
{
    SimHost *host = opaque;
    char *why;

    g_mutex_lock(&host->lock);
    why = g_strdup(host->no_engine);
    g_mutex_unlock(&host->lock);
    return why;
}

/* ---- the report ---- */

/* The errno with which it fails, or 0. The file is not kept open: others may append to it, too. */
static int append_report(const char *path, const char *text)
{
    FILE *file = fopen(path, "ae");
    int error = 0;

    if (!file) {
        return errno;
    }
    if (fputs(text, file) < 0) {
        error = errno;
    }
    if (fclose(file) != 0 && !error) {
        error = errno;
    }
    return error;
}

static bool refuse_report(const char *path, int error, Error **errp)
{
    return error_set_errno(errp, CGVM_ERROR_IO, error,
                           "cannot append to the simulated host's report '%s': %s", path, g_strerror(error));
}

void sim_host_report(SimHost *host, const char *mechanism, const char *digest)
{
    g_autofree char *line = g_strdup_printf("%s %s simulated\n", mechanism, digest);
    int error = host->report ? append_report(host->report, line) : 0;

    if (error) {
        g_mutex_lock(&host->lock);
        host->report_error = error;
        g_mutex_unlock(&host->lock);
    }
}

static bool host_written(void *opaque, bool last G_GNUC_UNUSED, Error **errp)
{
    SimHost *host = opaque;
    int error;

    g_mutex_lock(&host->lock);
    error = host->report_error;
    g_mutex_unlock(&host->lock);
    return !error || refuse_report(host->report, error, errp);
}

/* ---- life ---- */

static const KvmOps simhost_ops = {
    .open = host_open,
    .ioctl = host_ioctl,
    .mmap = host_mmap,
    .munmap = host_munmap,
    .fallocate = host_fallocate,
    .close = host_close,
    .free = host_free,
    .why_not = host_why_not,
    .written = host_written,
};

KvmDoor *simhost_door_new(const SimTarget *target, const SimHostOptions *options, Error **errp)
{
    static const SimHostOptions defaults = { .model = NULL };
    void *target_host = target->host_new(options ? options : &defaults, errp);
    const char *report = options ? options->report : NULL;
    int report_error = target_host && report ? append_report(report, "") : 0;
    SimHost *host;
    KvmDoor *door;

    if (report_error) {
        target->host_free(target_host);
        (void)refuse_report(report, report_error, errp);
        return NULL;
    }
    if (!target_host) {
        return NULL;
    }
    host = g_new0(SimHost, 1);
    host->target = target;
    host->target_host = target_host;
    host->files = g_hash_table_new(NULL, NULL);
    host->mappings = g_array_new(false, false, sizeof(SimMapping));
    host->engine_device = options ? g_strdup(options->engine_device) : NULL;
    host->report = g_strdup(report);
    host->name = g_strdup_printf("simulated %s host", target->host_model(target_host));
    g_mutex_init(&host->lock);
    door = g_new0(KvmDoor, 1);
    door->ops = &simhost_ops;
    door->host = host;
    door->name = host->name;
    door->simulated = true;
    door->instead = "another model= of -accel sim, without es=off and snp=off, to simulate one";
    return door;
}

SimVm *sim_door_get_vm(const KvmDoor *door, const SimTarget *target, int fd)
{
    g_autoptr(SimFile) file = NULL;
    SimHost *host = door->host;

    if (door->ops != &simhost_ops || host->target != target) {
        return NULL;
    }
    file = sim_file_get(host, fd);
    return file && file->kind == SIM_FILE_VM ? sim_vm_ref(file->vm) : NULL;
}
