/**
 * Bounded logs of Messages that outlive the session of their recipient: in memory, in Hazelcast
 * ({@code cluster}), or in PostgreSQL. The core, {@link io.linkspan.log.BoundedLog}, is pure.
 */
package io.linkspan.log;
