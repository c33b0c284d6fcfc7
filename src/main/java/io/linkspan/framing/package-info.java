/** Frames on byte streams of TCP clients and TCP services, split by Netty's own decoders. */
package io.linkspan.framing;
