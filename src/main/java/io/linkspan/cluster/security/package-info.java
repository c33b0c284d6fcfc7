/**
 * Authenticates the peers of a cluster and encrypts what they exchange: TLS on the event bus, and a
 * handshake of its own below Hazelcast, whose open source edition has neither.
 */
package io.linkspan.cluster.security;
