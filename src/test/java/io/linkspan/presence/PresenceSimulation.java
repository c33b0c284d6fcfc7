package io.linkspan.presence;

import io.linkspan.connection.Outgoing;
import io.linkspan.delivery.MessageDefaults;
import io.linkspan.directory.Nodes;
import io.linkspan.directory.ShardAddress;
import io.linkspan.memory.MemoryAccount;
import io.linkspan.memory.MemoryUse;
import io.linkspan.testing.SimulatedBus;
import io.linkspan.testing.SimulatedNodes;
import io.linkspan.testing.TestMemory;
import io.linkspan.testing.VirtualTime;
import io.linkspan.testing.WatchingClient;
import io.linkspan.wire.ShardCall;
import io.linkspan.wire.ShardReply;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** The presence of several nodes with one shard each, in virtual time. */
final class PresenceSimulation {

  final VirtualTime time = new VirtualTime();
  final SimulatedBus bus;
  final Random random;
  final PresenceConfig config;
  final List<SimulatedShard> shards = new ArrayList<>();

  PresenceSimulation(long seed, int count, int maxUsers) {
    random = new Random(seed);
    bus = new SimulatedBus(time, seed);
    config = new PresenceConfig(100, maxUsers);
    for (int i = 0; i < count; i++) {
      start();
    }
  }

  /** Starts a node; the others find it at once. */
  SimulatedShard start() {
    var started = new SimulatedShard("n" + shards.size());
    for (SimulatedShard other : List.copyOf(shards)) {
      if (!other.crashed) {
        started.nodes.add(other.id);
        other.presence.joined(other.nodes.add(started.id));
      }
    }
    shards.add(started);
    return started;
  }

  /** Returns the users with sessions in a group on any node that runs. */
  Set<String> users(String group) {
    Set<String> all = new TreeSet<>();
    shards.stream()
        .filter(shard -> !shard.crashed)
        .forEach(shard -> all.addAll(shard.usersIn(group)));
    return all;
  }

  /** A node with one shard. */
  final class SimulatedShard implements Presence.Sessions {
    final String id;
    final String address;
    final SimulatedNodes nodes;
    final MemoryAccount memory = TestMemory.budget().newAccount();
    final PresenceMetrics metrics = new PresenceMetrics(new SimpleMeterRegistry());
    final Presence presence;

    /** Users of the sessions, by group and session. */
    final Map<String, Map<String, String>> members = new HashMap<>();

    /** Nodes whose sessions are being adopted here. */
    final Set<String> adopting = new HashSet<>();

    boolean crashed;

    SimulatedShard(String id) {
      this.id = id;
      address = ShardAddress.of(id, 0);
      nodes = new SimulatedNodes(6_000, id);
      presence =
          new Presence(
              new PresenceParts(bus.from(address), time, nodes, address, config, memory, metrics),
              new MessageDefaults(id + "-"),
              this);
      bus.answer(address, this::answer);
    }

    private Future<ShardReply> answer(ShardCall call) {
      return switch (call.getCallCase()) {
        case PRESENCE_WATCH -> SimulatedBus.reply(presence.answer(call.getPresenceWatch()));
        case PRESENCE_UPDATE -> SimulatedBus.reply(presence.answer(call.getPresenceUpdate()));
        case PRESENCE_SETTLED -> SimulatedBus.reply(presence.answer(call.getPresenceSettled()));
        default -> throw new AssertionError(call);
      };
    }

    void join(String group, String session, String user) {
      if (members.computeIfAbsent(group, name -> new LinkedHashMap<>()).put(session, user)
          == null) {
        presence.added(group, user);
      }
    }

    void leave(String group, String session) {
      String user = members.getOrDefault(group, new HashMap<>()).remove(session);
      if (user != null) {
        presence.removed(group, user);
      }
    }

    Set<String> usersIn(String group) {
      return new TreeSet<>(members.getOrDefault(group, Map.of()).values());
    }

    /** Moves a session as a transfer does: it is here until it is there. */
    void move(String group, String session, SimulatedShard to) {
      String user = members.get(group).get(session);
      to.join(group, session, user);
      time.schedule(
          1 + random.nextInt(20),
          () -> {
            if (!crashed) {
              leave(group, session);
            }
          });
    }

    /** The process ends; the heir adopts the sessions that it has replicas of. */
    void crash(SimulatedShard heir, boolean replicated) {
      crashed = true;
      bus.close(address);
      if (heir != null && replicated) {
        heir.adopting.add(id);
      }
      for (SimulatedShard other : shards) {
        if (!other.crashed) {
          time.schedule(
              1 + random.nextInt(500),
              () -> {
                Nodes.Node gone = other.nodes.remove(id);
                other.presence.left(gone.id());
              });
        }
      }
      if (heir != null && replicated) {
        time.schedule(
            500 + random.nextInt(4_000),
            () -> {
              members.forEach(
                  (group, sessions) ->
                      sessions.forEach((session, user) -> heir.join(group, session, user)));
              heir.adopting.remove(id);
            });
      }
    }

    @Override
    public void forEachUserIn(String group, Consumer<String> action) {
      members.getOrDefault(group, Map.of()).values().forEach(action);
    }

    @Override
    public boolean isAdopting(String node) {
      return adopting.contains(node);
    }

    long charged() {
      return memory.charged(MemoryUse.GROUPS);
    }
  }

  /** A client that watches groups, and keeps their users as its documentation says. */
  static final class Client implements PresenceWatcher {
    final String id;
    final WatchingClient view = new WatchingClient();

    /** Number of Messages that it has room for. */
    int room = Integer.MAX_VALUE;

    /** Reports that the last Messages could not be delivered. */
    Runnable lost;

    Client(String id) {
      this.id = id;
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public boolean isReady() {
      return room > 0;
    }

    @Override
    public boolean send(List<Outgoing> messages, Runnable lost) {
      this.lost = lost;
      for (Outgoing message : messages) {
        if (room-- <= 0) {
          return false;
        }
        view.receive(message.message());
      }
      return true;
    }
  }
}
