package io.linkspan.bench.peer;

import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.api.cluster.ClusterMember;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;

/** A service in a process of its own, which is a member of a cluster and sends Messages back. */
public final class EchoMember extends VerticleBase {

  /** The address on the bus, for routes. */
  public static final String ADDRESS = "other-echo";

  /** Returns the configuration with which the service joins. */
  public static String configuration(GatewayNodes cluster, int port) {
    return """
    cluster:
      enabled: true
      name: %s
      secret: "%s"
      host: 127.0.0.1
      port: %d
      join: {members: ["%s"]}
    """
        .formatted(
            cluster.name(), cluster.secret(), port, String.join("\", \"", cluster.members()));
  }

  @Override
  public Future<?> start() {
    return Service.register(
        vertx, ADDRESS, (message, origin) -> Future.succeededFuture(answer(message)));
  }

  private static Message answer(Message message) {
    return Message.newBuilder().setType(message.getType()).setBody(message.getBody()).build();
  }

  /**
   * Serves until the process is killed; prints that it is ready.
   *
   * @param arguments the file with the configuration
   */
  public static void main(String[] arguments) {
    int loops = Runtime.getRuntime().availableProcessors();
    ClusterMember.join(Path.of(arguments[0]))
        .compose(
            vertx ->
                vertx.deployVerticle(EchoMember::new, new DeploymentOptions().setInstances(loops)))
        .onSuccess(deployed -> System.out.println("\"service\":1"))
        .onFailure(
            failure -> {
              System.err.println(failure.getMessage());
              System.exit(1);
            });
  }
}
