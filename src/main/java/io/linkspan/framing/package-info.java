/**
 * Frames on byte streams of TCP clients and TCP services, split by Netty's own decoders or by their
 * heads.
 */
package io.linkspan.framing;
