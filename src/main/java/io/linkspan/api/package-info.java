/**
 * The API for services: the Messages, {@link io.linkspan.api.Service} to receive them, and {@link
 * io.linkspan.api.GatewayClient} to send to clients.
 *
 * <p>A service is a consumer on the Vert.x event bus. {@link io.linkspan.api.testing} tests it
 * without a gateway.
 */
package io.linkspan.api;
