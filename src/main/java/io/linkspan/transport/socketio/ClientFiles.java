package io.linkspan.transport.socketio;

import io.linkspan.transport.http.ScriptFiles;
import java.util.Map;

/** The JavaScript client of Socket.IO for web pages, as the reference server serves it. */
public final class ClientFiles {

  private static final String VERSION = "4.8.4";

  /** Names in requests, and the files for them. The plain name is the minified file too. */
  private static final Map<String, String> FILES =
      Map.of(
          "socket.io.js", "socket.io.min.js",
          "socket.io.js.map", "socket.io.min.js.map",
          "socket.io.min.js", "socket.io.min.js",
          "socket.io.min.js.map", "socket.io.min.js.map",
          "socket.io.esm.min.js", "socket.io.esm.min.js",
          "socket.io.esm.min.js.map", "socket.io.esm.min.js.map",
          "socket.io.msgpack.min.js", "socket.io.msgpack.min.js",
          "socket.io.msgpack.min.js.map", "socket.io.msgpack.min.js.map");

  private ClientFiles() {}

  /**
   * Returns the files below the path of the endpoint.
   *
   * @param path without its last slash
   */
  public static ScriptFiles at(String path) {
    return new ScriptFiles(
        path + '/', "/third-party/socket.io-client-" + VERSION + "/", FILES, VERSION);
  }
}
