/**
 * Socket.IO revisions 4 and 5, which ride on Engine.IO 3 and 4: namespaces, events,
 * acknowledgements and binary attachments. Pure, as the layer below.
 */
package io.linkspan.protocol.socketio;
