package io.linkspan.api;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;

/** The service of the README and of {@link Service}'s documentation: keep them the same. */
public class OrdersExample extends VerticleBase {

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
