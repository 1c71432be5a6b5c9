/* SPDX-License-Identifier: LGPL-2.1-or-later */
/**
 * @file
 * The door that writes down every call, and how the ioctls of all architectures are written.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include "hw/kvm-abi.h"
#include "hw/kvm-trace.h"

/* How the ioctls are written. */

typedef struct CapName {
    uint64_t cap;
    const char *name;
} CapName;

static const CapName cap_names[] = {
    { KVMCAP_IRQCHIP, "IRQCHIP" },
    { KVMCAP_USER_MEMORY, "USER_MEMORY" },
    { KVMCAP_NR_VCPUS, "NR_VCPUS" },
    { KVMCAP_MAX_VCPUS, "MAX_VCPUS" },
    { KVMCAP_READONLY_MEM, "READONLY_MEM" },
    { KVMCAP_DEVICE_CTRL, "DEVICE_CTRL" },
    { KVMCAP_IMMEDIATE_EXIT, "IMMEDIATE_EXIT" },
    { KVMCAP_EXIT_HYPERCALL, "EXIT_HYPERCALL" },
    { KVMCAP_USER_MEMORY2, "USER_MEMORY2" },
    { KVMCAP_MEMORY_FAULT_INFO, "MEMORY_FAULT_INFO" },
    { KVMCAP_MEMORY_ATTRIBUTES, "MEMORY_ATTRIBUTES" },
    { KVMCAP_GUEST_MEMFD, "GUEST_MEMFD" },
    { KVMCAP_VM_TYPES, "VM_TYPES" },
};

static void append_cap(GString *text, uint64_t cap)
{
    for (size_t i = 0; i < G_N_ELEMENTS(cap_names); i++) {
        if (cap_names[i].cap == cap) {
            g_string_append(text, cap_names[i].name);
            return;
        }
    }
    g_string_append_printf(text, "%" PRIu64, cap);
}

static void check_extension_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg,
                                     GString *text)
{
    append_cap(text, arg);
}

static void create_vm_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    g_string_append_printf(text, "type=%lu", arg);
}

static void create_vcpu_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    g_string_append_printf(text, "id=%lu", arg);
}

static void enable_cap_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmEnableCap *enable = (const KvmEnableCap *)arg;
    size_t n_args = G_N_ELEMENTS(enable->args);

    if (!enable) {
        return;
    }
    append_cap(text, enable->cap);
    if (enable->flags) {
        g_string_append_printf(text, " flags=%#" PRIx32, enable->flags);
    }
    while (n_args > 1 && enable->args[n_args - 1] == 0) {
        n_args--;
    }
    for (size_t i = 0; i < n_args; i++) {
        g_string_append_printf(text, "%s%#" PRIx64, i ? "," : " args={", enable->args[i]);
    }
    g_string_append_c(text, '}');
}

static void append_region_flags(GString *text, uint32_t flags)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } names[] = {
        { KVM_REGION_READONLY, "READONLY" },
        { KVM_REGION_GUEST_MEMFD, "GUEST_MEMFD" },
    };
    const char *separator = "";

    g_string_append(text, "flags=");
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        if (flags & names[i].flag) {
            g_string_append_printf(text, "%s%s", separator, names[i].name);
            separator = "|";
            flags &= ~names[i].flag;
        }
    }
    if (flags || !*separator) {
        g_string_append_printf(text, "%s%#" PRIx32, separator, flags);
    }
}

static void region_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmRegion *region = (const KvmRegion *)arg;

    if (!region) {
        return;
    }
    g_string_append_printf(text, "slot=%" PRIu32 " ", region->slot);
    append_region_flags(text, region->flags);
    g_string_append_printf(text, " gpa=%#" PRIx64 " size=%#" PRIx64, region->guest_phys_addr,
                           region->memory_size);
}

static void region2_argument(const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmRegion2 *region = (const KvmRegion2 *)arg;

    region_argument(context, arg, text);
    if (region && region->flags & KVM_REGION_GUEST_MEMFD) {
        g_string_append_printf(text, " %s+", context->descriptor_name(context, (int)region->guest_memfd));
        g_string_append_printf(text, "%#" PRIx64, region->guest_memfd_offset);
    }
}

static void attributes_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmMemoryAttributes *set = (const KvmMemoryAttributes *)arg;

    if (!set) {
        return;
    }
    g_string_append_printf(text, "gpa=%#" PRIx64 " size=%#" PRIx64 " ", set->address, set->size);
    if (set->attributes == KVM_ATTRIBUTE_PRIVATE) {
        g_string_append(text, "PRIVATE");
    } else if (set->attributes == 0) {
        g_string_append(text, "SHARED");
    } else {
        g_string_append_printf(text, "attributes=%#" PRIx64, set->attributes);
    }
    if (set->flags) {
        g_string_append_printf(text, " flags=%#" PRIx64, set->flags);
    }
}

static void guest_memfd_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmCreateGuestMemfd *create = (const KvmCreateGuestMemfd *)arg;

    if (create) {
        g_string_append_printf(text, "size=%#" PRIx64 " flags=%#" PRIx64, create->size, create->flags);
    }
}

static void attr_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmDeviceAttr *attr = (const KvmDeviceAttr *)arg;

    if (attr) {
        g_string_append_printf(text, "group=%" PRIu32 " attr=%" PRIu64, attr->group, attr->attr);
    }
}

static void device_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmCreateDevice *create = (const KvmCreateDevice *)arg;

    if (create) {
        g_string_append_printf(text, "type=%" PRIu32 "%s", create->type,
                               create->flags & KVM_CREATE_DEVICE_TEST ? " TEST" : "");
    }
}

static void irq_line_argument(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    const KvmIrqLevel *line = (const KvmIrqLevel *)arg;

    if (line) {
        g_string_append_printf(text, "irq=%u level=%u", line->irq, line->level);
    }
}

static const TraceIoctl kvm_ioctls[] = {
    { KVMIO_GET_API_VERSION, "KVM_GET_API_VERSION", NULL, NULL, NULL },
    { KVMIO_CREATE_VM, "KVM_CREATE_VM", "vm", create_vm_argument, NULL },
    { KVMIO_CHECK_EXTENSION, "KVM_CHECK_EXTENSION", NULL, check_extension_argument, NULL },
    { KVMIO_GET_VCPU_MMAP_SIZE, "KVM_GET_VCPU_MMAP_SIZE", NULL, NULL, NULL },
    { KVMIO_CREATE_VCPU, "KVM_CREATE_VCPU", "vcpu", create_vcpu_argument, NULL },
    { KVMIO_SET_USER_MEMORY_REGION, "KVM_SET_USER_MEMORY_REGION", NULL, region_argument, NULL },
    { KVMIO_SET_USER_MEMORY_REGION2, "KVM_SET_USER_MEMORY_REGION2", NULL, region2_argument, NULL },
    { KVMIO_ENABLE_CAP, "KVM_ENABLE_CAP", NULL, enable_cap_argument, NULL },
    { KVMIO_IRQ_LINE, "KVM_IRQ_LINE", NULL, irq_line_argument, NULL },
    { KVMIO_MEMORY_ENCRYPT_OP, "KVM_MEMORY_ENCRYPT_OP", NULL, NULL, NULL },
    { KVMIO_SET_MEMORY_ATTRIBUTES, "KVM_SET_MEMORY_ATTRIBUTES", NULL, attributes_argument, NULL },
    { KVMIO_CREATE_GUEST_MEMFD, "KVM_CREATE_GUEST_MEMFD", "gmem", guest_memfd_argument, NULL },
    { KVMIO_RUN, "KVM_RUN", NULL, NULL, NULL },
    { KVMIO_GET_DEVICE_ATTR, "KVM_GET_DEVICE_ATTR", NULL, attr_argument, NULL },
    { KVMIO_HAS_DEVICE_ATTR, "KVM_HAS_DEVICE_ATTR", NULL, attr_argument, NULL },
    { KVMIO_SET_DEVICE_ATTR, "KVM_SET_DEVICE_ATTR", NULL, attr_argument, NULL },
    { KVMIO_CREATE_DEVICE, "KVM_CREATE_DEVICE", "device", device_argument, NULL },
};

const TraceTable kvm_trace_table = { kvm_ioctls, G_N_ELEMENTS(kvm_ioctls) };

/* The door. */

typedef struct TraceHost {
    TraceContext context; /* what decoders get; first, so that its address is that of the whole */
    KvmDoor *door;        /* the one behind */
    const TraceTable *const *tables;
    char *path; /* of the stream, if it is to be closed; else NULL */

    /* Protects what follows. It is not held while the door behind works, which may block. */
    GMutex lock;
    FILE *stream;       /* NULL: closed */
    int error;          /* the errno with which a line could not be written, or 0 */
    GHashTable *names;  /* of open descriptors: number -> char * */
    GHashTable *counts; /* how many descriptors of a kind there have been: char * -> number */
} TraceHost;

static const char *descriptor_name(const TraceContext *context, int fd)
{
    const TraceHost *host = (const TraceHost *)context;
    const char *name = g_hash_table_lookup(host->names, GINT_TO_POINTER(fd));

    return name ? name : "fd?";
}

/* Names a new descriptor, the first of its kind without a number if @p bare_first. Returns the name. */
static const char *name_descriptor(TraceHost *host, int fd, const char *kind, bool bare_first)
{
    unsigned count = GPOINTER_TO_UINT(g_hash_table_lookup(host->counts, kind));
    char *name = bare_first && count == 0 ? g_strdup(kind) : g_strdup_printf("%s%u", kind, count);

    g_hash_table_replace(host->counts, g_strdup(kind), GUINT_TO_POINTER(count + 1));
    g_hash_table_replace(host->names, GINT_TO_POINTER(fd), name);
    return name;
}

static void append_result(GString *line, int result)
{
    const char *error = result < 0 ? strerrorname_np(-result) : NULL;

    /* Some errnos of the kernel have no name outside of it. */
    if (error) {
        g_string_append_printf(line, "-%s", error);
    } else {
        g_string_append_printf(line, "%d", result);
    }
}

static void write_line(TraceHost *host, GString *line)
{
    if (!host->stream || host->error) {
        return;
    }
    g_string_append_c(line, '\n');
    /* A trace is wanted most when the process does not live to close it. */
    if (fwrite(line->str, 1, line->len, host->stream) != line->len || fflush(host->stream) != 0) {
        host->error = errno;
    }
}

/* For a call with nothing to add behind its result. */
static void write_result(TraceHost *host, GString *line, int result)
{
    g_string_append(line, " = ");
    append_result(line, result);
    g_mutex_lock(&host->lock);
    write_line(host, line);
    g_mutex_unlock(&host->lock);
}

static const TraceIoctl *find_in_table(const TraceTable *table, unsigned long request)
{
    for (size_t i = 0; i < table->n_ioctls; i++) {
        if (table->ioctls[i].request == request) {
            return &table->ioctls[i];
        }
    }
    return NULL;
}

/* The tables of the caller come first, as a target knows more about an ioctl than the general table. */
static const TraceIoctl *find_ioctl(const TraceHost *host, unsigned long request)
{
    for (const TraceTable *const *table = host->tables; table && *table; table++) {
        const TraceIoctl *found = find_in_table(*table, request);
        if (found) {
            return found;
        }
    }
    return find_in_table(&kvm_trace_table, request);
}

static int trace_open(void *opaque, const char *path, int flags)
{
    TraceHost *host = opaque;
    int fd = host->door->ops->open(host->door->host, path, flags);
    g_autofree char *kind = g_path_get_basename(path);
    g_autoptr(GString) line = g_string_new(NULL);

    g_string_printf(line, "open %s = ", path);
    g_mutex_lock(&host->lock);
    if (fd < 0) {
        append_result(line, fd);
    } else {
        g_string_append(line, name_descriptor(host, fd, kind, true));
    }
    write_line(host, line);
    g_mutex_unlock(&host->lock);
    return fd;
}

/* The line up to the equals sign. */
static void begin_ioctl(TraceHost *host, const TraceIoctl *decoder, GString *line, int fd,
                        unsigned long request, unsigned long arg)
{
    g_autoptr(GString) argument = g_string_new(NULL);

    g_string_printf(line, "ioctl %s ", descriptor_name(&host->context, fd));
    if (!decoder) {
        g_string_append_printf(line, "%#lx", request);
        return;
    }
    g_string_append(line, decoder->name);
    if (decoder->argument) {
        decoder->argument(&host->context, arg, argument);
    }
    if (argument->len) {
        g_string_append_printf(line, " %s", argument->str);
    }
}

/* The descriptor that a call has made which returned @result, or -1: most return it. */
static int made_descriptor(unsigned long request, unsigned long arg, int result)
{
    const KvmCreateDevice *create = (const KvmCreateDevice *)arg;

    if (result < 0 || request != KVMIO_CREATE_DEVICE) {
        return result;
    }
    return create->flags & KVM_CREATE_DEVICE_TEST ? -1 : (int)create->fd;
}

/* The line from the equals sign. */
static void finish_ioctl(TraceHost *host, const TraceIoctl *decoder, GString *line, unsigned long request,
                         unsigned long arg, int result)
{
    g_autoptr(GString) outcome = g_string_new(NULL);
    int fd = made_descriptor(request, arg, result);

    g_string_append(line, " = ");
    if (fd >= 0 && decoder && decoder->result_descriptor) {
        g_string_append(line, name_descriptor(host, fd, decoder->result_descriptor, false));
    } else {
        append_result(line, result);
    }
    if (decoder && decoder->outcome) {
        decoder->outcome(&host->context, arg, result, outcome);
    }
    if (outcome->len) {
        g_string_append_printf(line, " %s", outcome->str);
    }
}

static int trace_ioctl(void *opaque, int fd, unsigned long request, unsigned long arg)
{
    TraceHost *host = opaque;
    const TraceIoctl *decoder = find_ioctl(host, request);
    g_autoptr(GString) line = g_string_new(NULL);
    int result;

    g_mutex_lock(&host->lock);
    begin_ioctl(host, decoder, line, fd, request, arg);
    g_mutex_unlock(&host->lock);

    result = host->door->ops->ioctl(host->door->host, fd, request, arg);

    g_mutex_lock(&host->lock);
    finish_ioctl(host, decoder, line, request, arg, result);
    write_line(host, line);
    g_mutex_unlock(&host->lock);
    return result;
}

/* A line that begins with a call and its descriptor. */
static GString *new_line(TraceHost *host, const char *call, int fd)
{
    GString *line = g_string_new(NULL);

    g_mutex_lock(&host->lock);
    g_string_printf(line, "%s %s", call, descriptor_name(&host->context, fd));
    g_mutex_unlock(&host->lock);
    return line;
}

static int trace_mmap(void *opaque, int fd, size_t length, void **ret_address)
{
    TraceHost *host = opaque;
    g_autoptr(GString) line = new_line(host, "mmap", fd);
    int result = host->door->ops->mmap(host->door->host, fd, length, ret_address);

    g_string_append_printf(line, " %zu", length);
    write_result(host, line, result);
    return result;
}

static int trace_munmap(void *opaque, void *address, size_t length)
{
    TraceHost *host = opaque;
    g_autoptr(GString) line = g_string_new(NULL);
    int result = host->door->ops->munmap(host->door->host, address, length);

    g_string_printf(line, "munmap %zu", length);
    write_result(host, line, result);
    return result;
}

static int trace_fallocate(void *opaque, int fd, int mode, off_t offset, off_t length)
{
    TraceHost *host = opaque;
    g_autoptr(GString) line = new_line(host, "fallocate", fd);
    int result = host->door->ops->fallocate(host->door->host, fd, mode, offset, length);

    g_string_append_printf(line, " mode=%d offset=%#" PRIx64 " length=%#" PRIx64, mode, (uint64_t)offset,
                           (uint64_t)length);
    write_result(host, line, result);
    return result;
}

static int trace_close(void *opaque, int fd)
{
    TraceHost *host = opaque;
    g_autoptr(GString) line = new_line(host, "close", fd);
    int result;

    /* Before the call: as soon as the number is free, another thread may get it and give it a name. */
    g_mutex_lock(&host->lock);
    g_hash_table_remove(host->names, GINT_TO_POINTER(fd));
    g_mutex_unlock(&host->lock);

    result = host->door->ops->close(host->door->host, fd);
    write_result(host, line, result);
    return result;
}

static char *trace_why_not(void *opaque)
{
    const TraceHost *host = opaque;

    return kvm_door_why_not(host->door);
}

static void close_stream(TraceHost *host)
{
    FILE *stream = g_steal_pointer(&host->stream);

    if (stream && host->path && fclose(stream) != 0 && !host->error) {
        host->error = errno;
    }
}

static bool trace_written(void *opaque, bool last, Error **errp)
{
    TraceHost *host = opaque;
    int error;

    g_mutex_lock(&host->lock);
    if (last) {
        close_stream(host);
    }
    error = host->error;
    g_mutex_unlock(&host->lock);
    if (error) {
        (void)kvm_door_written(host->door, last, NULL);
        return error_set_errno(errp, CGVM_ERROR_IO, error,
                               "cannot write the trace '%s': %s; calls are missing at its end",
                               host->path ? host->path : "of this door", g_strerror(error));
    }
    return kvm_door_written(host->door, last, errp);
}

static void trace_free(void *opaque)
{
    TraceHost *host = opaque;

    kvm_door_free(host->door);
    close_stream(host);
    g_free(host->path);
    g_hash_table_unref(host->names);
    g_hash_table_unref(host->counts);
    g_mutex_clear(&host->lock);
    g_free(host);
}

static const KvmOps trace_ops = {
    .open = trace_open,
    .ioctl = trace_ioctl,
    .mmap = trace_mmap,
    .munmap = trace_munmap,
    .fallocate = trace_fallocate,
    .close = trace_close,
    .free = trace_free,
    .why_not = trace_why_not,
    .written = trace_written,
};

KvmDoor *kvm_trace_door_new(KvmDoor *door, const TraceTable *const *tables, FILE *stream, const char *path)
{
    TraceHost *host = g_new0(TraceHost, 1);
    KvmDoor *outer = g_new0(KvmDoor, 1);

    host->context.descriptor_name = descriptor_name;
    host->door = door;
    host->tables = tables;
    host->stream = stream;
    host->path = g_strdup(path);
    g_mutex_init(&host->lock);
    host->names = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    host->counts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

    outer->ops = &trace_ops;
    outer->host = host;
    outer->name = door->name;
    outer->instead = door->instead;
    outer->simulated = door->simulated;
    return outer;
}
