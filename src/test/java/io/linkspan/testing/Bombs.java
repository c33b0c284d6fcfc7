package io.linkspan.testing;

import io.linkspan.api.Message;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.zip.Deflater;

/** Makes small WebSocket frames that inflate to a megabyte. */
public final class Bombs {

  /** Header with which a client asks for compression. */
  public static final String EXTENSION =
      "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover";

  private static final int RSV1 = 0x40;

  private Bombs() {}

  /** Returns a masked frame of about one kilobyte with a Message to nobody. */
  public static byte[] frame() {
    char[] body = new char[1_000_000];
    Arrays.fill(body, 'a');
    byte[] message =
        WebSocketTestClient.frame(
            11,
            Message.newBuilder()
                .setTo("service:none")
                .setBody(new String(body))
                .build()
                .toByteArray());
    return RawWebSocket.frame(RawWebSocket.BINARY | RSV1, true, deflate(message));
  }

  private static byte[] deflate(byte[] message) {
    var deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(message);
    var out = new ByteArrayOutputStream();
    byte[] buffer = new byte[8_192];
    for (int n; (n = deflater.deflate(buffer, 0, buffer.length, Deflater.SYNC_FLUSH)) > 0; ) {
      out.write(buffer, 0, n);
    }
    deflater.end();
    // The end of a message is left out (RFC 7692, section 7.2.1).
    return Arrays.copyOf(out.toByteArray(), out.size() - 4);
  }
}
