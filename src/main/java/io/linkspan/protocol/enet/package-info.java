/**
 * ENet 1.3, the reliable UDP of the C library, as a pure core for server and client: datagrams and
 * time in, datagrams and events out. {@link io.linkspan.protocol.enet.EnetHost} is the way in.
 *
 * <p>Section numbers in this package (§7.4) are those of our description of the protocol, {@code
 * enet.md}. Times are milliseconds of any monotonic clock, given as an argument.
 */
package io.linkspan.protocol.enet;
