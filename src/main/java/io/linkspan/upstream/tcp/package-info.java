/** Upstreams over framed TCP: long-lived links, and the correlation of answers. */
package io.linkspan.upstream.tcp;
