/**
 * All that the author of a service imports: the schema, how to consume it, how to reach clients.
 *
 * <p>A service is an ordinary Vert.x event-bus consumer; {@link io.linkspan.api.Service} is the
 * convenient way to be one and {@link io.linkspan.api.GatewayClient} the way to talk to clients.
 */
package io.linkspan.api;
