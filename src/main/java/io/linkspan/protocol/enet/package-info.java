/**
 * Implements ENet 1.3, the reliable UDP of the C library, as a pure core for server and client:
 * datagrams and time in, datagrams and events out. {@link io.linkspan.protocol.enet.EnetHost} is
 * the entry point.
 *
 * <p>Section numbers in this package, such as §7.4, refer to {@code docs/protocols/enet.md}. Times
 * are milliseconds of any monotonic clock and are given as an argument. {@code EnetHost} composes
 * everything; a peer is composed by {@code EnetPeer} of {@code PeerInput}, {@code PeerOutput} and
 * {@code PeerBandwidth}.
 */
package io.linkspan.protocol.enet;
