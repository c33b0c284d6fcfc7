/** Relays polls and POSTs that arrive at a node which does not have their session. */
package io.linkspan.transport.engineio.relay;
