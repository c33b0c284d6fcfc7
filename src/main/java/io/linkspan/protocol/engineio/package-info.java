/**
 * Engine.IO 3 and 4: one ordered stream of packets per client over HTTP long-polling, over a
 * WebSocket, or over the first and then the second. Pure: {@link
 * io.linkspan.protocol.engineio.FrontDoor} decides what a request may do, {@link
 * io.linkspan.protocol.engineio.EngineSession} does it, and a shell moves the bytes.
 */
package io.linkspan.protocol.engineio;
