/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lib/step.h"

struct Step {
    GThread *thread;
    GSource *source; /* that tells the end; attached by the thread */
    GMainContext *context;
    StepWork *work;
    void *work_opaque;
    StepDone *done;
    void *opaque;
    Error *error;
};

static void step_free(Step *step)
{
    g_source_destroy(step->source);
    g_source_unref(step->source);
    g_main_context_unref(step->context);
    g_free(step);
}

static gboolean step_ended(void *opaque)
{
    Step *step = opaque;
    StepDone *done = step->done;
    void *done_opaque = step->opaque;
    Error *error = step->error;

    g_thread_join(step->thread);
    step_free(step);
    done(done_opaque, error);
    return G_SOURCE_REMOVE;
}

static void *step_main(void *opaque)
{
    Step *step = opaque;
    const bool done = step->work(step->work_opaque, &step->error);

    g_assert(done == !step->error);
    g_source_attach(step->source, step->context);
    return NULL;
}

Step *step_start(GMainContext *context, const char *name, StepWork *work, void *work_opaque, StepDone *done,
                 void *opaque)
{
    Step *step = g_new0(Step, 1);

    step->source = g_idle_source_new();
    g_source_set_priority(step->source, G_PRIORITY_DEFAULT);
    g_source_set_callback(step->source, step_ended, step, NULL);
    step->context = g_main_context_ref(context);
    step->work = work;
    step->work_opaque = work_opaque;
    step->done = done;
    step->opaque = opaque;
    step->thread = g_thread_new(name, step_main, step);
    return step;
}

void step_abandon(Step *step)
{
    if (!step) {
        return;
    }
    g_thread_join(step->thread);
    g_clear_pointer(&step->error, cgvm_error_free);
    step_free(step);
}
