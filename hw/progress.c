/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/progress.h"

#define INTERVAL (G_USEC_PER_SEC / 20)

static void report(Progress *progress, gint64 now)
{
    progress->sink->report(progress->sink->opaque, progress->what, progress->done, progress->total);
    progress->due = now + INTERVAL;
}

Progress progress_begin(const ProgressSink *sink, const char *what, uint64_t total)
{
    Progress progress = { .sink = sink, .what = what, .total = total };

    if (sink && sink->report) {
        report(&progress, g_get_monotonic_time());
    }
    return progress;
}

void progress_add(Progress *progress, uint64_t amount)
{
    gint64 now;

    progress->done += amount;
    if (!progress->sink || !progress->sink->report || !amount) {
        return;
    }
    now = g_get_monotonic_time();
    if (progress->done >= progress->total || now >= progress->due) {
        report(progress, now);
    }
}
