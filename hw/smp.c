/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "hw/smp.h"
#include <inttypes.h>

static uint32_t or_one(bool has, uint32_t value)
{
    return has ? value : 1;
}

static uint64_t product(const SmpTopology *topology)
{
    return (uint64_t)topology->sockets * topology->dies * topology->cores * topology->threads;
}

bool smp_resolve(const SmpConfiguration *configuration, SmpTopology *topology, Error **errp)
{
    bool has_places = configuration->has_maxcpus || configuration->has_cpus;
    uint32_t places = configuration->has_maxcpus ? configuration->maxcpus : configuration->cpus;

    *topology = (SmpTopology){
        .sockets = or_one(configuration->has_sockets, configuration->sockets),
        .dies = or_one(configuration->has_dies, configuration->dies),
        .cores = or_one(configuration->has_cores, configuration->cores),
        .threads = or_one(configuration->has_threads, configuration->threads),
    };
    if (!has_places) {
        places = MIN(product(topology), UINT32_MAX);
    } else if (!configuration->has_cores) {
        topology->cores = MAX(places / product(topology), 1);
    } else if (!configuration->has_sockets) {
        topology->sockets = MAX(places / product(topology), 1);
    } else if (!configuration->has_threads) {
        topology->threads = MAX(places / product(topology), 1);
    }
    topology->max_cpus = places;
    topology->cpus = configuration->has_cpus ? configuration->cpus : places;
    if (product(topology) != places) {
        return error_setg(errp,
                          "'smp': sockets (%u) * dies (%u) * cores (%u) * threads (%u) = %" PRIu64
                          ", but there are places for %u vCPUs; make these numbers equal",
                          topology->sockets, topology->dies, topology->cores, topology->threads,
                          product(topology), places);
    }
    if (topology->cpus > places) {
        return error_setg(errp, "'smp': cpus (%u) is larger than maxcpus (%u)", topology->cpus, places);
    }
    return true;
}
