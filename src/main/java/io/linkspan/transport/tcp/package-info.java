/** Clients on bare TCP, with frames that the configuration describes. */
package io.linkspan.transport.tcp;
