/** Services on bare TCP: long-lived links, and what tells which answer is whose. */
package io.linkspan.upstream.tcp;
