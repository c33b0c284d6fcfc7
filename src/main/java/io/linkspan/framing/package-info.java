/**
 * What a byte stream is cut into: the frames of TCP clients and of TCP services, with Netty's own
 * decoders.
 */
package io.linkspan.framing;
