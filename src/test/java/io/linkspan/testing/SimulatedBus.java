package io.linkspan.testing;

import io.linkspan.api.Message;
import io.linkspan.delivery.DeliveryCallback;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.delivery.RemoteCallback;
import io.linkspan.delivery.ShardBus;
import io.linkspan.wire.ConfirmAnswer;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.eventbus.ReplyFailure;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;

/**
 * Bus between shards in virtual time. It delays everything, keeps the order between two shards, and
 * loses calls and their replies. An address without an endpoint has left; a silent one receives
 * nothing and does not answer.
 */
public final class SimulatedBus {

  /** Receives what is sent to one address. */
  public interface Endpoint {

    /** Answers a call; null when it is not answered. */
    Future<ShardReply> answer(ShardCall call);

    /** Takes a Message; the callback is null when no outcome is wanted. */
    default void deliver(Message message, DeliveryScope scope, DeliveryCallback callback) {
      throw new AssertionError("a message for an endpoint that takes none");
    }
  }

  private final VirtualTime time;
  private final Random random;
  private final Map<String, Endpoint> endpoints = new HashMap<>();
  private final Set<String> silent = new HashSet<>();
  private final Map<String, Long> lastArrival = new HashMap<>();

  /** Probability that a call is lost, and that a reply is. */
  public double loss;

  /** Longest time on the way, in milliseconds. */
  public int maxDelay = 10;

  public SimulatedBus(VirtualTime time, long seed) {
    this.time = time;
    random = new Random(seed);
  }

  /** Opens an address. */
  public void open(String address, Endpoint endpoint) {
    endpoints.put(address, endpoint);
  }

  /** Opens an address that only answers calls. */
  public void answer(String address, Function<ShardCall, Future<ShardReply>> answers) {
    open(address, answers::apply);
  }

  /** Closes an address: its node has left. */
  public void close(String address) {
    endpoints.remove(address);
  }

  /** Makes an address receive nothing. */
  public void silence(String address) {
    silent.add(address);
  }

  /** Makes an address receive again. */
  public void unsilence(String address) {
    silent.remove(address);
  }

  /** Returns the reply to a yes-or-no question. */
  public static Future<ShardReply> reply(boolean yes) {
    return Future.succeededFuture(
        ShardReply.newBuilder().setConfirm(ConfirmAnswer.newBuilder().setStands(yes)).build());
  }

  /** Returns the bus as one shard uses it. */
  public ShardBus from(String sender) {
    return new ShardBus() {
      @Override
      public Future<ShardReply> call(String address, ShardCall call, long timeout) {
        return SimulatedBus.this.call(sender, address, call, timeout);
      }

      @Override
      public void send(String address, ShardCall call) {
        transmit(sender, address, to -> to.answer(call));
      }

      @Override
      public Future<Void> write(
          String address, Message message, DeliveryScope scope, String origin, long ticket) {
        if (!endpoints.containsKey(address)) {
          return Future.failedFuture("no connection to " + address);
        }
        DeliveryCallback callback =
            origin == null ? null : new RemoteCallback(from(address), origin, ticket);
        transmit(sender, address, to -> to.deliver(message, scope, callback));
        return Future.succeededFuture();
      }
    };
  }

  private Future<ShardReply> call(String from, String to, ShardCall call, long timeout) {
    Promise<ShardReply> reply = Promise.promise();
    if (!endpoints.containsKey(to)) {
      time.schedule(1, () -> reply.tryFail(new ReplyException(ReplyFailure.NO_HANDLERS)));
      return reply.future();
    }
    time.schedule(timeout, () -> reply.tryFail(new ReplyException(ReplyFailure.TIMEOUT)));
    if (random.nextDouble() < loss) {
      return reply.future();
    }
    transmit(
        from,
        to,
        endpoint -> {
          Future<ShardReply> answer = endpoint.answer(call);
          if (answer != null) {
            answer.onSuccess(
                given -> {
                  if (random.nextDouble() >= loss) {
                    onTheWay(to, from, () -> reply.tryComplete(given));
                  }
                });
          }
        });
    return reply.future();
  }

  private void transmit(String from, String to, java.util.function.Consumer<Endpoint> action) {
    onTheWay(
        from,
        to,
        () -> {
          Endpoint endpoint = endpoints.get(to);
          if (endpoint != null && !silent.contains(to)) {
            action.accept(endpoint);
          }
        });
  }

  private void onTheWay(String from, String to, Runnable arrival) {
    String way = from + ">" + to;
    long at = time.now() + 1 + random.nextInt(maxDelay);
    at = Math.max(at, lastArrival.getOrDefault(way, 0L));
    lastArrival.put(way, at);
    time.schedule(at - time.now(), arrival);
  }
}
