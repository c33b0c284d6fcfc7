/** Upstreams over HTTP: each Message is one request. */
package io.linkspan.upstream.http;
