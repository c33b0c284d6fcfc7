/**
 * Engine.IO sessions on Vert.x: the HTTP requests and WebSockets that carry them, across event
 * loops. Knows nothing of the protocol above.
 */
package io.linkspan.transport.engineio;
