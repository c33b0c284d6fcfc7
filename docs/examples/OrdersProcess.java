import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.api.cluster.ClusterMember;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import java.nio.file.Path;

/**
 * A service in a process of its own.
 *
 * <p>java -cp target/linkspan.jar docs/examples/OrdersProcess.java linkspan.yaml
 */
public final class OrdersProcess {

  /** Answers orders, wherever the client is connected. */
  static final class Orders extends VerticleBase {
    @Override
    public Future<?> start() {
      return Service.register(
          vertx,
          "orders",
          (order, origin) -> {
            String answer = origin.user() + " ordered " + order.getBody();
            return Future.succeededFuture(Message.newBuilder().setBody(answer).build());
          });
    }
  }

  public static void main(String[] arguments) {
    ClusterMember.join(Path.of(arguments[0]))
        .compose(vertx -> vertx.deployVerticle(new Orders()))
        .onSuccess(deployed -> System.out.println("orders are taken"))
        .onFailure(
            failure -> {
              System.err.println(failure.getMessage());
              System.exit(1);
            });
  }
}
