import io.linkspan.api.Message;
import io.linkspan.api.Service;
import io.linkspan.api.cluster.ClusterMember;
import io.vertx.core.Promise;
import java.nio.file.Path;

/** A service in a process of its own that receives requests and answers none of them. */
public final class SilentProcess {

  public static void main(String[] arguments) {
    ClusterMember.join(Path.of(arguments[0]))
        .compose(
            vertx ->
                Service.register(
                    vertx,
                    "silent",
                    (request, origin) -> {
                      System.out.println("received " + request.getEventId());
                      return Promise.<Message>promise().future();
                    }))
        .onSuccess(registered -> System.out.println("silent"))
        .onFailure(
            failure -> {
              System.err.println(failure.getMessage());
              System.exit(1);
            });
  }
}
