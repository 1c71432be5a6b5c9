/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-s390x/pv-ipib.h"
#include <inttypes.h>
#include <string.h>

#define KIND_SHIFT 48
/* No guest has memory there; sums of what is below do not wrap around. */
#define ADDRESS_LIMIT (UINT64_C(1) << 62)

bool pv_ipib_size(const uint8_t start[4], uint32_t *ret_size, Error **errp)
{
    uint32_t size;

    memcpy(&size, start, sizeof(size));
    size = GUINT32_FROM_BE(size);
    if (size < PV_IPIB_SMALLEST || size > PV_IPIB_LARGEST) {
        return error_setg(errp, "the IPL parameter block says that it has %u bytes; it has to have %u to %u",
                          size, PV_IPIB_SMALLEST, PV_IPIB_LARGEST);
    }
    *ret_size = size;
    return true;
}

/* Loadparms are EBCDIC in most blocks and ASCII in some: letters, digits, a dot and blanks. */
static char loadparm_character(uint8_t c)
{
    if (g_ascii_isalnum(c) || c == '.') {
        return (char)c;
    }
    if (c >= 0xc1 && c <= 0xc9) {
        return (char)('A' + c - 0xc1);
    }
    if (c >= 0xd1 && c <= 0xd9) {
        return (char)('J' + c - 0xd1);
    }
    if (c >= 0xe2 && c <= 0xe9) {
        return (char)('S' + c - 0xe2);
    }
    if (c >= 0xf0 && c <= 0xf9) {
        return (char)('0' + c - 0xf0);
    }
    return c == 0x40 || c == ' ' ? ' ' : '.';
}

static bool check_kind(const PvIpib *ipib, size_t size, Error **errp)
{
    if (GUINT32_FROM_BE(ipib->size) != size) {
        return error_setg(errp, "the IPL parameter block has %zu bytes, but says that it has %u", size,
                          GUINT32_FROM_BE(ipib->size));
    }
    if (ipib->type != PV_IPIB_TYPE) {
        return error_setg(errp, "the IPL parameter block is of type %u, not %d (protected virtualization)",
                          ipib->type, PV_IPIB_TYPE);
    }
    if (GUINT64_FROM_BE(ipib->header_size) > PV_HEADER_LARGEST || !ipib->header_size) {
        return error_setg(
            errp, "the IPL parameter block names a header of %" PRIu64 " bytes; it has to have 1 to %d",
            GUINT64_FROM_BE(ipib->header_size), PV_HEADER_LARGEST);
    }
    return true;
}

static bool check_count(const PvIpib *ipib, size_t size, size_t *ret_count, Error **errp)
{
    uint32_t count = GUINT32_FROM_BE(ipib->n_components);

    if (!count || count > (size - sizeof(*ipib)) / sizeof(PvIpibComponent)) {
        return error_setg(errp,
                          "the IPL parameter block says that it has %u components; in its %zu bytes there "
                          "can be 1 to %zu",
                          count, size, (size - sizeof(*ipib)) / sizeof(PvIpibComponent));
    }
    *ret_count = count;
    return true;
}

static bool overlap(const PvComponent *a, const PvComponent *b)
{
    return a->gpa < b->gpa + b->size && b->gpa < a->gpa + a->size;
}

/* Component number @index of @block, whose size is as the block has it. */
static bool check_component(PvBlock *block, size_t index, Error **errp)
{
    PvComponent *component = &block->components[index];

    if (component->gpa % PV_PAGE_SIZE) {
        return error_setg(errp, "component %zu is at 0x%" PRIx64 ", which is not the start of a page", index,
                          component->gpa);
    }
    if (!component->size || component->size > ADDRESS_LIMIT || component->gpa > ADDRESS_LIMIT) {
        return error_setg(errp,
                          "component %zu at 0x%" PRIx64 " has 0x%" PRIx64
                          " bytes, which is none, or more than "
                          "there are addresses",
                          index, component->gpa, component->size);
    }
    component->size = (component->size + PV_PAGE_SIZE - 1) & ~(uint64_t)(PV_PAGE_SIZE - 1);
    if (index && component->tweak <= component[-1].tweak) {
        return error_setg(errp,
                          "the tweak of component %zu, 0x%016" PRIx64 ", is not larger than that of the one "
                          "before, 0x%016" PRIx64 "; pages of both might be interchanged",
                          index, component->tweak, component[-1].tweak);
    }
    for (size_t i = 0; i < index; i++) {
        if (overlap(component, &block->components[i])) {
            return error_setg(errp, "component %zu at 0x%" PRIx64 " overlaps component %zu at 0x%" PRIx64,
                              index, component->gpa, i, block->components[i].gpa);
        }
    }
    return true;
}

bool pv_ipib_parse(const void *data, size_t size, PvBlock *block, Error **errp)
{
    const uint8_t *bytes = data;
    PvIpib ipib;
    uint32_t size_said;

    *block = (PvBlock){ .n_components = 0 };
    if (size < sizeof(ipib) || !pv_ipib_size(bytes, &size_said, errp)) {
        return size >= sizeof(ipib) ? false
                                    : error_setg(errp, "the IPL parameter block has only %zu bytes", size);
    }
    memcpy(&ipib, bytes, sizeof(ipib));
    if (!check_kind(&ipib, size, errp) || !check_count(&ipib, size, &block->n_components, errp)) {
        return false;
    }
    block->has_loadparm = ipib.block_flags & PV_IPIB_HAS_LOADPARM;
    for (size_t i = 0; i < sizeof(ipib.loadparm); i++) {
        block->loadparm[i] = loadparm_character(ipib.loadparm[i]);
    }
    block->header_gpa = GUINT64_FROM_BE(ipib.header_addr);
    block->header_size = GUINT64_FROM_BE(ipib.header_size);
    for (size_t i = 0; i < block->n_components; i++) {
        PvIpibComponent component;

        memcpy(&component, bytes + sizeof(ipib) + i * sizeof(component), sizeof(component));
        block->components[i] = (PvComponent){
            .tweak = GUINT64_FROM_BE(component.tweak_pref),
            .gpa = GUINT64_FROM_BE(component.addr),
            .size = GUINT64_FROM_BE(component.size),
        };
        if (!check_component(block, i, errp)) {
            return error_prepend(errp, "the IPL parameter block: ");
        }
    }
    return true;
}

GBytes *pv_ipib_make(const PvBlock *block)
{
    const size_t size = sizeof(PvIpib) + block->n_components * sizeof(PvIpibComponent);
    uint8_t *bytes = g_malloc0(size);
    PvIpib ipib = {
        .size = GUINT32_TO_BE(size),
        .version = PV_IPIB_VERSION,
        .block_size = GUINT32_TO_BE(size - offsetof(PvIpib, block_size)),
        .type = PV_IPIB_TYPE,
        .pv_version = PV_IPIB_VERSION,
        .n_components = GUINT32_TO_BE(block->n_components),
        .header_addr = GUINT64_TO_BE(block->header_gpa),
        .header_size = GUINT64_TO_BE(block->header_size),
    };

    memcpy(bytes, &ipib, sizeof(ipib));
    for (size_t i = 0; i < block->n_components; i++) {
        const PvIpibComponent component = {
            .tweak_pref = GUINT64_TO_BE(block->components[i].tweak),
            .addr = GUINT64_TO_BE(block->components[i].gpa),
            .size = GUINT64_TO_BE(block->components[i].size),
        };
        memcpy(bytes + sizeof(ipib) + i * sizeof(component), &component, sizeof(component));
    }
    return g_bytes_new_take(bytes, size);
}

uint64_t pv_block_pages(const PvBlock *block)
{
    uint64_t pages = 0;

    for (size_t i = 0; i < block->n_components; i++) {
        pages += block->components[i].size / PV_PAGE_SIZE;
    }
    return pages;
}

const char *pv_component_kind(const PvComponent *component)
{
    switch (component->tweak >> KIND_SHIFT) {
    case PV_KIND_KERNEL:
        return "kernel";
    case PV_KIND_INITRD:
        return "initrd";
    case 60:
        return "parameter line";
    case 70:
        return "second stage of the loader";
    default:
        return "component";
    }
}
