/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* hw/kvm-trace.c, around a door that is told what to return. */
#include <errno.h>
#include <glib.h>
#include "hw/kvm-abi.h"
#include "hw/kvm-trace.h"

/* Numbers that the door behind pretends to have given out. */
enum { KVM = 10, SEV, VM, VCPU, GMEM };

typedef struct Fixture {
    /* The door behind. */
    int result;
    char called[64]; /* the last call */
    unsigned n_freed;
    GMutex lock;
    GCond changed;
    bool blocked, let_go; /* of KVM_RUN */
    KvmDoor *door;
    FILE *stream;
    char *text; /* all of the trace */
    size_t length;
    size_t checked; /* so much of it has been compared */
} Fixture;

static int fake_open(void *host, const char *path, int flags)
{
    Fixture *f = host;

    g_snprintf(f->called, sizeof(f->called), "open %s %d", path, flags);
    return f->result;
}

static int fake_ioctl(void *host, int fd, unsigned long request, unsigned long arg)
{
    Fixture *f = host;
    int result;

    g_mutex_lock(&f->lock);
    g_snprintf(f->called, sizeof(f->called), "ioctl %d %lx %lx", fd, request, arg);
    if (request == KVMIO_RUN && !f->let_go) {
        f->blocked = true;
        g_cond_broadcast(&f->changed);
        while (!f->let_go) {
            g_cond_wait(&f->changed, &f->lock);
        }
    }
    result = f->result;
    g_mutex_unlock(&f->lock);
    return result;
}

static int fake_mmap(void *host, int fd, size_t length, void **ret_address)
{
    Fixture *f = host;

    g_snprintf(f->called, sizeof(f->called), "mmap %d %zu", fd, length);
    *ret_address = f;
    return f->result;
}

static int fake_munmap(void *host, void *address, size_t length)
{
    Fixture *f = host;

    g_snprintf(f->called, sizeof(f->called), "munmap %d %zu", address == f, length);
    return f->result;
}

static int fake_fallocate(void *host, int fd, int mode, off_t offset, off_t length)
{
    Fixture *f = host;

    g_snprintf(f->called, sizeof(f->called), "fallocate %d %d %ld %ld", fd, mode, (long)offset, (long)length);
    return f->result;
}

static int fake_close(void *host, int fd)
{
    Fixture *f = host;

    g_snprintf(f->called, sizeof(f->called), "close %d", fd);
    return f->result;
}

static void fake_free(void *host)
{
    Fixture *f = host;

    f->n_freed++;
}

static const KvmOps fake_ops = {
    .open = fake_open,
    .ioctl = fake_ioctl,
    .mmap = fake_mmap,
    .munmap = fake_munmap,
    .fallocate = fake_fallocate,
    .close = fake_close,
    .free = fake_free,
};

static KvmDoor *new_fake_door(Fixture *f)
{
    KvmDoor *door = g_new0(KvmDoor, 1);

    door->ops = &fake_ops;
    door->host = f;
    door->name = "fake";
    door->simulated = true;
    return door;
}

/* @p tables is a NULL-terminated list, or NULL. */
static void set_up(Fixture *f, gconstpointer tables)
{
    g_mutex_init(&f->lock);
    g_cond_init(&f->changed);
    f->let_go = true;
    f->stream = open_memstream(&f->text, &f->length);
    f->door = kvm_trace_door_new(new_fake_door(f), tables, f->stream, "the trace");
}

static void tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    kvm_door_free(f->door);
    free(f->text);
    g_cond_clear(&f->changed);
    g_mutex_clear(&f->lock);
}

/* Fails unless what was written since the last time is @p lines, each of which ends with a newline. */
static void check_trace(Fixture *f, const char *lines)
{
    g_assert_cmpstr(f->text + f->checked, ==, lines);
    f->checked = f->length;
}

static int call_open(Fixture *f, const char *path, int result)
{
    f->result = result;
    return f->door->ops->open(f->door->host, path, 2);
}

static int call_ioctl(Fixture *f, int fd, unsigned long request, unsigned long arg, int result)
{
    f->result = result;
    return f->door->ops->ioctl(f->door->host, fd, request, arg);
}

static int call_close(Fixture *f, int fd)
{
    f->result = 0;
    return f->door->ops->close(f->door->host, fd);
}

/* Makes one descriptor of each kind, with the number of that name. */
static void make_descriptors(Fixture *f)
{
    call_open(f, "/dev/kvm", KVM);
    call_open(f, "/dev/sev", SEV);
    call_ioctl(f, KVM, KVMIO_CREATE_VM, 0, VM);
    call_ioctl(f, VM, KVMIO_CREATE_VCPU, 0, VCPU);
    call_ioctl(f, VM, KVMIO_CREATE_GUEST_MEMFD, 0, GMEM);
    f->checked = f->length;
}

/* Calls an ioctl whose argument is a structure, and checks its line. */
static void check_ioctl(Fixture *f, int fd, unsigned long request, const void *arg, int result,
                        const char *line)
{
    g_assert_cmpint(call_ioctl(f, fd, request, (unsigned long)arg, result), ==, result);
    check_trace(f, line);
}

/* Descriptors. */

static void test_opened_descriptors_are_named_by_path(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    call_open(f, "/dev/kvm", 10);
    call_open(f, "/dev/sev", 11);
    call_open(f, "/dev/kvm", 12);
    check_trace(f, "open /dev/kvm = kvm\n"
                   "open /dev/sev = sev\n"
                   "open /dev/kvm = kvm1\n");
    call_ioctl(f, 12, KVMIO_GET_API_VERSION, 0, 12);
    check_trace(f, "ioctl kvm1 KVM_GET_API_VERSION = 12\n");
}

static void test_failed_open_names_nothing(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    call_open(f, "/dev/sev", -ENOENT);
    call_open(f, "/dev/sev", 11);
    check_trace(f, "open /dev/sev = -ENOENT\n"
                   "open /dev/sev = sev\n");
}

static void test_made_descriptors_are_numbered_from_zero(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    call_open(f, "/dev/kvm", 10);
    call_ioctl(f, 10, KVMIO_CREATE_VM, 4, 11);
    call_ioctl(f, 10, KVMIO_CREATE_VM, 0, 12);
    call_ioctl(f, 11, KVMIO_CREATE_VCPU, 0, 13);
    call_ioctl(f, 12, KVMIO_CREATE_VCPU, 5, 14);
    check_trace(f, "open /dev/kvm = kvm\n"
                   "ioctl kvm KVM_CREATE_VM type=4 = vm0\n"
                   "ioctl kvm KVM_CREATE_VM type=0 = vm1\n"
                   "ioctl vm0 KVM_CREATE_VCPU id=0 = vcpu0\n"
                   "ioctl vm1 KVM_CREATE_VCPU id=5 = vcpu1\n");
}

static void test_failed_ioctl_names_nothing(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    call_open(f, "/dev/kvm", 10);
    call_ioctl(f, 10, KVMIO_CREATE_VM, 4, -EINVAL);
    call_ioctl(f, 10, KVMIO_CREATE_VM, 0, 11);
    check_trace(f, "open /dev/kvm = kvm\n"
                   "ioctl kvm KVM_CREATE_VM type=4 = -EINVAL\n"
                   "ioctl kvm KVM_CREATE_VM type=0 = vm0\n");
}

static void test_number_used_again_gets_a_new_name(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    call_close(f, VCPU);
    call_ioctl(f, VM, KVMIO_CREATE_VCPU, 1, VCPU);
    call_close(f, SEV);
    call_open(f, "/dev/sev", SEV);
    check_trace(f, "close vcpu0 = 0\n"
                   "ioctl vm0 KVM_CREATE_VCPU id=1 = vcpu1\n"
                   "close sev = 0\n"
                   "open /dev/sev = sev1\n");
}

static void test_foreign_descriptors_have_no_name(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    call_close(f, VM);
    call_ioctl(f, VM, KVMIO_GET_API_VERSION, 0, -EBADF);
    check_trace(f, "close vm0 = 0\n"
                   "ioctl fd? KVM_GET_API_VERSION = -EBADF\n");
}

/* Results. */

static void test_errno_without_a_name_is_a_number(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    check_ioctl(f, KVM, KVMIO_GET_VCPU_MMAP_SIZE, NULL, -524, "ioctl kvm KVM_GET_VCPU_MMAP_SIZE = -524\n");
}

/* Calls other than ioctl. */

static void test_mmap(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    void *address = NULL;

    make_descriptors(f);
    f->result = 0;
    g_assert_cmpint(f->door->ops->mmap(f->door->host, VCPU, 12288, &address), ==, 0);
    g_assert_cmpstr(f->called, ==, "mmap 13 12288");
    g_assert_true(address == f);
    check_trace(f, "mmap vcpu0 12288 = 0\n");
}

static void test_munmap(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    f->result = 0;
    g_assert_cmpint(f->door->ops->munmap(f->door->host, f, 12288), ==, 0);
    g_assert_cmpstr(f->called, ==, "munmap 1 12288");
    check_trace(f, "munmap 12288 = 0\n");
}

static void test_fallocate(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    f->result = -ENOSPC;
    g_assert_cmpint(f->door->ops->fallocate(f->door->host, GMEM, 3, 0x1000, 0x200000), ==, -ENOSPC);
    g_assert_cmpstr(f->called, ==, "fallocate 14 3 4096 2097152");
    check_trace(f, "fallocate gmem0 mode=3 offset=0x1000 length=0x200000 = -ENOSPC\n");
}

static void test_open_reaches_the_door_behind(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    g_assert_cmpint(call_open(f, "/dev/kvm", 10), ==, 10);
    g_assert_cmpstr(f->called, ==, "open /dev/kvm 2");
}

static void test_ioctl_reaches_the_door_behind(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    g_assert_cmpint(call_ioctl(f, 10, KVMIO_CREATE_VM, 4, 11), ==, 11);
    g_assert_cmpstr(f->called, ==, KVMIO_CREATE_VM == 0xae01 ? "ioctl 10 ae01 4" : "ioctl 10 2000ae01 4");
}

static void test_close_reaches_the_door_behind(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    g_assert_cmpint(call_close(f, 10), ==, 0);
    g_assert_cmpstr(f->called, ==, "close 10");
}

/* The ioctls of all architectures. */

static void test_unknown_ioctl(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    check_ioctl(f, VM, 0x4040aeb1, NULL, 0, "ioctl vm0 0x4040aeb1 = 0\n");
}

static void test_check_extension(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    call_ioctl(f, KVM, KVMIO_CHECK_EXTENSION, KVMCAP_VM_TYPES, 29);
    call_ioctl(f, VM, KVMIO_CHECK_EXTENSION, KVMCAP_GUEST_MEMFD, 1);
    call_ioctl(f, VM, KVMIO_CHECK_EXTENSION, 9999, 0);
    check_trace(f, "ioctl kvm KVM_CHECK_EXTENSION VM_TYPES = 29\n"
                   "ioctl vm0 KVM_CHECK_EXTENSION GUEST_MEMFD = 1\n"
                   "ioctl vm0 KVM_CHECK_EXTENSION 9999 = 0\n");
}

static void test_enable_cap(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_ENABLE_CAP, &(KvmEnableCap){ .cap = KVMCAP_EXIT_HYPERCALL, .args = { 0x1000 } },
                0, "ioctl vm0 KVM_ENABLE_CAP EXIT_HYPERCALL args={0x1000} = 0\n");
    check_ioctl(f, VM, KVMIO_ENABLE_CAP, &(KvmEnableCap){ .cap = 181, .flags = 2, .args = { 0, 1, 0x20 } },
                -EINVAL, "ioctl vm0 KVM_ENABLE_CAP 181 flags=0x2 args={0,0x1,0x20} = -EINVAL\n");
    check_ioctl(f, VM, KVMIO_ENABLE_CAP, &(KvmEnableCap){ .cap = 180 }, 0,
                "ioctl vm0 KVM_ENABLE_CAP 180 args={0} = 0\n");
}

static void test_memory_region(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    KvmRegion region = { .flags = KVM_REGION_READONLY | 1,
                         .memory_size = 0x1000,
                         .userspace_addr = 0x7f0000 };

    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_SET_USER_MEMORY_REGION, &region, 0,
                "ioctl vm0 KVM_SET_USER_MEMORY_REGION slot=0 flags=READONLY|0x1 gpa=0 size=0x1000 = 0\n");
}

static void test_memory_region2(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    KvmRegion2 region = { .slot = 1,
                          .flags = KVM_REGION_GUEST_MEMFD,
                          .guest_phys_addr = 0xffe00000,
                          .memory_size = 0x200000,
                          .guest_memfd = GMEM };

    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_SET_USER_MEMORY_REGION2, &region, 0,
                "ioctl vm0 KVM_SET_USER_MEMORY_REGION2 slot=1 flags=GUEST_MEMFD gpa=0xffe00000 size=0x200000 "
                "gmem0+0 = 0\n");
    region.guest_memfd_offset = 0x3000;
    check_ioctl(f, VM, KVMIO_SET_USER_MEMORY_REGION2, &region, -EEXIST,
                "ioctl vm0 KVM_SET_USER_MEMORY_REGION2 slot=1 flags=GUEST_MEMFD gpa=0xffe00000 size=0x200000 "
                "gmem0+0x3000 = -EEXIST\n");
}

static void test_memory_region2_without_guest_memfd(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_SET_USER_MEMORY_REGION2, &(KvmRegion2){ .slot = 2, .guest_memfd = GMEM }, 0,
                "ioctl vm0 KVM_SET_USER_MEMORY_REGION2 slot=2 flags=0 gpa=0 size=0 = 0\n");
}

static void test_memory_attributes(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    KvmMemoryAttributes set = { .address = 0xffe00000,
                                .size = 0x200000,
                                .attributes = KVM_ATTRIBUTE_PRIVATE };

    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_SET_MEMORY_ATTRIBUTES, &set, 0,
                "ioctl vm0 KVM_SET_MEMORY_ATTRIBUTES gpa=0xffe00000 size=0x200000 PRIVATE = 0\n");
    set.attributes = 0;
    check_ioctl(f, VM, KVMIO_SET_MEMORY_ATTRIBUTES, &set, 0,
                "ioctl vm0 KVM_SET_MEMORY_ATTRIBUTES gpa=0xffe00000 size=0x200000 SHARED = 0\n");
    set.attributes = 9;
    set.flags = 1;
    check_ioctl(f, VM, KVMIO_SET_MEMORY_ATTRIBUTES, &set, -EINVAL,
                "ioctl vm0 KVM_SET_MEMORY_ATTRIBUTES gpa=0xffe00000 size=0x200000 attributes=0x9 flags=0x1 = "
                "-EINVAL\n");
}

static void test_create_guest_memfd(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_CREATE_GUEST_MEMFD, &(KvmCreateGuestMemfd){ .size = 0x200000 }, 20,
                "ioctl vm0 KVM_CREATE_GUEST_MEMFD size=0x200000 flags=0 = gmem1\n");
}

static void test_devices(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    const KvmIrqLevel line = { .irq = 4, .level = 1 };
    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_IRQ_LINE, &line, 0, "ioctl vm0 KVM_IRQ_LINE irq=4 level=1 = 0\n");
    check_ioctl(f, KVM, KVMIO_HAS_DEVICE_ATTR, &(KvmDeviceAttr){ .group = 1, .attr = 2 }, -ENXIO,
                "ioctl kvm KVM_HAS_DEVICE_ATTR group=1 attr=2 = -ENXIO\n");
}

static void test_run(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    check_ioctl(f, VCPU, KVMIO_RUN, NULL, -ENOSYS, "ioctl vcpu0 KVM_RUN = -ENOSYS\n");
}

static void test_encrypt_op_is_named_without_a_target(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    make_descriptors(f);
    check_ioctl(f, VM, KVMIO_MEMORY_ENCRYPT_OP, &(uint64_t[3]){ 22 }, 0,
                "ioctl vm0 KVM_MEMORY_ENCRYPT_OP = 0\n");
}

/* Tables. */

static void append_word(G_GNUC_UNUSED const TraceContext *context, unsigned long arg, GString *text)
{
    g_string_append(text, (const char *)arg);
}

static void append_name(const TraceContext *context, unsigned long arg, int result, GString *text)
{
    g_string_append_printf(text, "%s %s %d", (const char *)arg, context->descriptor_name(context, KVM),
                           result);
}

static const TraceIoctl first_ioctls[] = { { KVMIO_CREATE_VM, "OWN_CREATE_VM", "own", append_word,
                                             append_name } };
static const TraceTable first_table = { first_ioctls, G_N_ELEMENTS(first_ioctls) };
static const TraceIoctl second_ioctls[] = { { KVMIO_CREATE_VM, "SECOND_CREATE_VM", NULL, NULL, NULL },
                                            { 0xae60, "SECOND_ONLY", NULL, NULL, NULL } };
static const TraceTable second_table = { second_ioctls, G_N_ELEMENTS(second_ioctls) };
static const TraceTable *const own_tables[] = { &first_table, &second_table, NULL };

static void test_tables_of_the_caller_come_first(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    call_open(f, "/dev/kvm", KVM);
    f->checked = f->length;
    check_ioctl(f, KVM, KVMIO_CREATE_VM, "before", 20,
                "ioctl kvm OWN_CREATE_VM before = own0 before kvm 20\n");
    check_ioctl(f, KVM, 0xae60, NULL, 0, "ioctl kvm SECOND_ONLY = 0\n");
    check_ioctl(f, KVM, KVMIO_GET_API_VERSION, NULL, 12, "ioctl kvm KVM_GET_API_VERSION = 12\n");
}

static void test_decoders_bear_null(void)
{
    static const TraceContext context;
    g_autoptr(GString) text = g_string_new(NULL);

    for (size_t i = 0; i < kvm_trace_table.n_ioctls; i++) {
        const TraceIoctl *ioctl = &kvm_trace_table.ioctls[i];
        if (ioctl->argument) {
            ioctl->argument(&context, 0, text);
        }
        if (ioctl->outcome) {
            ioctl->outcome(&context, 0, 0, text);
        }
    }
}

/* The door itself. */

static void test_door_is_called_as_the_one_behind(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    g_assert_cmpstr(f->door->name, ==, "fake");
    g_assert_true(f->door->simulated);
}

static int count_close(void *count)
{
    ++*(unsigned *)count;
    return 0;
}

static void check_free(const char *path, unsigned n_closed)
{
    cookie_io_functions_t functions = { .close = count_close };
    unsigned closed = 0;
    Fixture f = { .n_freed = 0 };
    FILE *stream = fopencookie(&closed, "w", functions);

    kvm_door_free(kvm_trace_door_new(new_fake_door(&f), NULL, stream, path));
    g_assert_cmpuint(f.n_freed, ==, 1);
    g_assert_cmpuint(closed, ==, n_closed);
    if (!path) {
        fclose(stream);
    }
}

static void test_free_closes_the_stream(void)
{
    check_free("a file", 1);
}

static void test_free_leaves_the_stream(void)
{
    check_free(NULL, 0);
}

static gpointer run_vcpu(gpointer fixture)
{
    Fixture *f = fixture;

    f->door->ops->ioctl(f->door->host, VCPU, KVMIO_RUN, 0);
    return NULL;
}

static void test_blocked_call_does_not_stop_others(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    GThread *vcpu;

    make_descriptors(f);
    f->let_go = false;
    vcpu = g_thread_new("vcpu", run_vcpu, f);
    g_mutex_lock(&f->lock);
    while (!f->blocked) {
        g_cond_wait(&f->changed, &f->lock);
    }
    g_mutex_unlock(&f->lock);

    check_ioctl(f, KVM, KVMIO_GET_API_VERSION, NULL, 12, "ioctl kvm KVM_GET_API_VERSION = 12\n");

    g_mutex_lock(&f->lock);
    f->result = -EINTR;
    f->let_go = true;
    g_cond_broadcast(&f->changed);
    g_mutex_unlock(&f->lock);
    g_thread_join(vcpu);
    check_trace(f, "ioctl vcpu0 KVM_RUN = -EINTR\n");
}

static gpointer run_vcpu_often(gpointer fixture)
{
    for (int i = 0; i < 200; i++) {
        run_vcpu(fixture);
    }
    return NULL;
}

static void test_lines_of_threads_stay_whole(Fixture *f, G_GNUC_UNUSED gconstpointer tables)
{
    g_autoptr(GString) expected = g_string_new(NULL);
    GThread *vcpus[3];

    make_descriptors(f);
    f->result = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(vcpus); i++) {
        vcpus[i] = g_thread_new("vcpu", run_vcpu_often, f);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(vcpus); i++) {
        g_thread_join(vcpus[i]);
    }
    for (int i = 0; i < 600; i++) {
        g_string_append(expected, "ioctl vcpu0 KVM_RUN = 0\n");
    }
    check_trace(f, expected->str);
}

static void add(const char *path, const TraceTable *const *tables, void (*test)(Fixture *, gconstpointer))
{
    g_test_add(path, Fixture, tables, set_up, test, tear_down);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add("/kvm-trace/descriptor/opened", NULL, test_opened_descriptors_are_named_by_path);
    add("/kvm-trace/descriptor/open-failed", NULL, test_failed_open_names_nothing);
    add("/kvm-trace/descriptor/made", NULL, test_made_descriptors_are_numbered_from_zero);
    add("/kvm-trace/descriptor/ioctl-failed", NULL, test_failed_ioctl_names_nothing);
    add("/kvm-trace/descriptor/used-again", NULL, test_number_used_again_gets_a_new_name);
    add("/kvm-trace/descriptor/foreign", NULL, test_foreign_descriptors_have_no_name);
    add("/kvm-trace/result/unnamed-errno", NULL, test_errno_without_a_name_is_a_number);
    add("/kvm-trace/call/open", NULL, test_open_reaches_the_door_behind);
    add("/kvm-trace/call/ioctl", NULL, test_ioctl_reaches_the_door_behind);
    add("/kvm-trace/call/mmap", NULL, test_mmap);
    add("/kvm-trace/call/munmap", NULL, test_munmap);
    add("/kvm-trace/call/fallocate", NULL, test_fallocate);
    add("/kvm-trace/call/close", NULL, test_close_reaches_the_door_behind);
    add("/kvm-trace/ioctl/unknown", NULL, test_unknown_ioctl);
    add("/kvm-trace/ioctl/check-extension", NULL, test_check_extension);
    add("/kvm-trace/ioctl/enable-cap", NULL, test_enable_cap);
    add("/kvm-trace/ioctl/memory-region", NULL, test_memory_region);
    add("/kvm-trace/ioctl/memory-region2", NULL, test_memory_region2);
    add("/kvm-trace/ioctl/memory-region2-shared", NULL, test_memory_region2_without_guest_memfd);
    add("/kvm-trace/ioctl/memory-attributes", NULL, test_memory_attributes);
    add("/kvm-trace/ioctl/create-guest-memfd", NULL, test_create_guest_memfd);
    add("/kvm-trace/ioctl/devices", NULL, test_devices);
    add("/kvm-trace/ioctl/run", NULL, test_run);
    add("/kvm-trace/ioctl/encrypt-op", NULL, test_encrypt_op_is_named_without_a_target);
    add("/kvm-trace/table/first", own_tables, test_tables_of_the_caller_come_first);
    g_test_add_func("/kvm-trace/table/null", test_decoders_bear_null);
    add("/kvm-trace/door/name", NULL, test_door_is_called_as_the_one_behind);
    g_test_add_func("/kvm-trace/door/closes-the-stream", test_free_closes_the_stream);
    g_test_add_func("/kvm-trace/door/leaves-the-stream", test_free_leaves_the_stream);
    add("/kvm-trace/thread/blocked", NULL, test_blocked_call_does_not_stop_others);
    add("/kvm-trace/thread/whole-lines", NULL, test_lines_of_threads_stay_whole);
    return g_test_run();
}
