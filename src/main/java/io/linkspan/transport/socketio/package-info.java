/** Socket.IO clients: their admission, their namespaces, and their linkspan sessions. */
package io.linkspan.transport.socketio;
