/** Event streams ({@code text/event-stream}), as the WHATWG defines server-sent events. */
package io.linkspan.protocol.eventstream;
