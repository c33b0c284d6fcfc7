package io.linkspan.cluster.security;

import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoop;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.ServerSSLOptions;
import java.lang.reflect.Field;
import java.lang.reflect.Method;

/**
 * The server and the client that a clustered event bus has inside, to which Vert.x gives no access.
 * {@code BusSecurityTest} fails when another version of Vert.x has other fields.
 */
final class BusSockets {

  private final Object server;
  private final NetClient client;

  BusSockets(EventBus bus) {
    server = get(bus, "server");
    client = (NetClient) get(bus, "client");
  }

  /** Gives the server and the client other certificates; connections that are open keep theirs. */
  Future<?> update(ServerSSLOptions forServer, ClientSSLOptions forClient) {
    return ((NetServer) server)
        .updateSSLOptions(forServer, true)
        .compose(v -> client.updateSSLOptions(forClient, true));
  }

  /** Checks the frames of all connections that are accepted from now on. */
  void limitFrames(PendingPeers pending, RejectedPeers rejected) {
    Object balancer = get(server, "channelBalancer");
    Object loop = get(server, "eventLoop");
    @SuppressWarnings("unchecked")
    var accept = (Handler<Channel>) get(server, "worker");
    Handler<Channel> checked =
        channel -> {
          accept.handle(channel);
          ChannelPipeline pipeline = channel.pipeline();
          var limit = new FrameLimit(pending, rejected);
          if (pipeline.get("ssl") != null) {
            pipeline.addAfter("ssl", "frames", limit);
          } else {
            pipeline.addBefore("handler", "frames", limit);
          }
        };
    call(balancer, "addWorker", loop, checked);
    call(balancer, "removeWorker", loop, accept);
    set(server, "worker", checked);
  }

  private static Object get(Object owner, String name) {
    try {
      return field(owner, name).get(owner);
    } catch (ReflectiveOperationException e) {
      throw changed(e);
    }
  }

  private static void set(Object owner, String name, Object value) {
    try {
      field(owner, name).set(owner, value);
    } catch (ReflectiveOperationException e) {
      throw changed(e);
    }
  }

  private static Field field(Object owner, String name) throws NoSuchFieldException {
    Field field = owner.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field;
  }

  private static void call(Object owner, String name, Object loop, Object handler) {
    try {
      Method method = owner.getClass().getDeclaredMethod(name, EventLoop.class, Handler.class);
      method.setAccessible(true);
      method.invoke(owner, loop, handler);
    } catch (ReflectiveOperationException e) {
      throw changed(e);
    }
  }

  private static IllegalStateException changed(ReflectiveOperationException cause) {
    return new IllegalStateException("the event bus of this version of Vert.x is not known", cause);
  }
}
