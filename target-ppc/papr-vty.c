/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "target-ppc/papr-vty.h"

void papr_vty_init(PaprVty *vty, SerialSink *sink, void *opaque)
{
    *vty = (PaprVty){ .sink = sink, .opaque = opaque };
    g_mutex_init(&vty->lock);
}

void papr_vty_clear(PaprVty *vty)
{
    g_mutex_clear(&vty->lock);
}

void papr_vty_reset(PaprVty *vty)
{
    g_mutex_lock(&vty->lock);
    vty->first = vty->count = 0;
    g_mutex_unlock(&vty->lock);
}

void papr_vty_put(PaprVty *vty, const uint8_t *bytes, size_t size)
{
    /* Two vCPUs may write; what one of them sends in a call stays together. */
    g_mutex_lock(&vty->lock);
    for (size_t i = 0; i < size && vty->sink; i++) {
        vty->sink(vty->opaque, bytes[i]);
    }
    g_mutex_unlock(&vty->lock);
}

size_t papr_vty_get(PaprVty *vty, uint8_t *bytes, size_t size)
{
    size_t done = 0;

    g_mutex_lock(&vty->lock);
    for (; done < size && vty->count; done++) {
        bytes[done] = vty->input[vty->first];
        vty->first = (vty->first + 1) % PAPR_VTY_INPUT;
        vty->count--;
    }
    g_mutex_unlock(&vty->lock);
    return done;
}

size_t papr_vty_receive(PaprVty *vty, const uint8_t *bytes, size_t size, bool *ret_was_empty)
{
    size_t done = 0;

    g_mutex_lock(&vty->lock);
    *ret_was_empty = !vty->count;
    for (; done < size && vty->count < PAPR_VTY_INPUT; done++) {
        vty->input[(vty->first + vty->count) % PAPR_VTY_INPUT] = bytes[done];
        vty->count++;
    }
    g_mutex_unlock(&vty->lock);
    return done;
}
