/** What transports have in common that stand in a Netty pipeline or learn late who a client is. */
package io.linkspan.transport.channel;
