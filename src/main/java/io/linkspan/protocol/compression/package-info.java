/** Compressed streams: gzip (RFC 1952), zlib (RFC 1950) and deflate (RFC 1951). Pure. */
package io.linkspan.protocol.compression;
