import com.corundumstudio.socketio.Configuration;
import com.corundumstudio.socketio.SocketIOServer;
import com.corundumstudio.socketio.Transport;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;

/** Compared with the gateway by SocketIoBenchmark: acknowledges an event with its arguments. */
public final class EchoServer {

  private EchoServer() {}

  /**
   * Serves until it is killed; says on standard output at which port.
   *
   * @param arguments the number of event loops
   */
  public static void main(String[] arguments) throws IOException {
    int port;
    // It does not tell which one it got.
    try (var probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = probe.getLocalPort();
    }
    var config = new Configuration();
    config.setHostname("127.0.0.1");
    config.setPort(port);
    config.setBossThreads(1);
    config.setWorkerThreads(Integer.parseInt(arguments[0]));
    config.setUseLinuxNativeEpoll(true);
    config.setTransports(Transport.WEBSOCKET);
    config.setWebsocketCompression(false);
    config.getSocketConfig().setAcceptBackLog(4096);
    config.getSocketConfig().setReuseAddress(true);
    var server = new SocketIOServer(config);
    server.addEventListener(
        "echo", String.class, (client, text, acknowledgement) -> acknowledgement.sendAckData(text));
    server.start();
    System.out.println("\"http\":" + port);
  }
}
