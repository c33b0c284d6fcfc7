package io.linkspan.transport.channel;

import io.linkspan.admission.Admission;
import io.linkspan.admission.DrainLatch;
import io.linkspan.admission.IdentityProvider;
import io.linkspan.session.Shard;

/**
 * What a new client passes on its way in, for the transports of one event loop.
 *
 * @param latch of the event loop
 * @param admission asked first, and of all event loops
 * @param identities asked who it is
 * @param shard of the event loop, where its session begins
 */
public record ConnectContext(
    DrainLatch latch, Admission admission, IdentityProvider identities, Shard shard) {}
