/** Services that take Messages as HTTP requests. */
package io.linkspan.upstream.http;
