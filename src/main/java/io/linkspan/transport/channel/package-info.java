/** Parts that transports on a Netty pipeline share, and those that identify a client late. */
package io.linkspan.transport.channel;
