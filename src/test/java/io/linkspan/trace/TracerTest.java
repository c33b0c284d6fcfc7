package io.linkspan.trace;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Message;
import io.linkspan.testing.VirtualTime;
import io.linkspan.wire.TraceFrames;
import io.linkspan.wire.TraceWatch;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.json.JsonObject;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TracerTest {

  /** A session without a link. */
  private static final class Client implements TracedClient {
    private final String id;
    private final String user;
    private ClientTrace trace;

    Client(String id, String user) {
      this.id = id;
      this.user = user;
    }

    @Override
    public String id() {
      return id;
    }

    @Override
    public String user() {
      return user;
    }

    @Override
    public String transport() {
      return "websocket";
    }

    @Override
    public String secret() {
      return null;
    }

    @Override
    public void trace(ClientTrace trace) {
      this.trace = trace;
    }

    @Override
    public ClientTrace trace() {
      return trace;
    }
  }

  private final VirtualTime time = new VirtualTime(1_000);
  private final List<TraceFrames> batches = new ArrayList<>();
  private final List<Promise<Void>> confirmations = new ArrayList<>();
  private final Client alice = new Client("s-alice", "alice");
  private final Client bob = new Client("s-bob", "bob");
  private final List<Client> clients = new ArrayList<>(List.of(alice, bob));
  private final Tracer tracer = new Tracer(this::send, time, "n", 100, () -> clients);

  private Future<Void> send(String watcher, TraceFrames frames) {
    assertThat(watcher).isEqualTo("watcher");
    batches.add(frames);
    Promise<Void> confirmation = Promise.promise();
    confirmations.add(confirmation);
    return confirmation.future();
  }

  private boolean watch(String id, String user) {
    return tracer.watch(
        TraceWatch.newBuilder()
            .setId(id)
            .setWatcher("watcher")
            .setUser(user)
            .setLeaseMs(1_000)
            .build());
  }

  private static Message message(String eventId) {
    return Message.newBuilder().setEventId(eventId).setType("text").setBody("x").build();
  }

  @Test
  void onlyWatchedClientsHaveATraceAndNoneHasOneAfterwards() {
    assertThat(watch("1", "alice")).isTrue();
    assertThat(alice.trace).isNotNull();
    assertThat(bob.trace).isNull();
    tracer.end("1");
    assertThat(alice.trace).isNull();
    tracer.end("1");
    tracer.end("unknown");
  }

  @Test
  void aNewWatcherSeesTheClientsThatItHasFound() {
    watch("1", "alice");
    watch("2", "bob");
    time.advanceTo(time.now() + 1);
    assertThat(batches)
        .extracting(
            batch -> batch.getWatch() + new JsonObject(batch.getFrames(0)).getString("user"))
        .containsExactly("1alice", "2bob");
    assertThat(new JsonObject(batches.get(0).getFrames(0)).getString("kind")).isEqualTo("present");
  }

  @Test
  void twoWatchersOfAClientEndOneAfterTheOther() {
    watch("1", "alice");
    watch("2", "alice");
    tracer.end("1");
    assertThat(alice.trace).isNotNull();
    tracer.end("2");
    assertThat(alice.trace).isNull();
  }

  @Test
  void aSessionThatBeginsLaterIsTracedFromItsBeginning() {
    watch("1", "carol");
    var carol = new Client("s-carol", "carol");
    clients.add(carol);
    tracer.begun(carol);
    carol.trace.received(message("1"));
    time.advanceTo(time.now() + 1);
    assertThat(batches).hasSize(1);
    assertThat(batches.get(0).getFramesList())
        .extracting(frame -> new JsonObject(frame).getString("kind"))
        .containsExactly("open", "message");
    tracer.begun(bob);
    assertThat(bob.trace).isNull();
  }

  @Test
  void aWatchEndsWithItsLeaseUnlessItIsRenewed() {
    watch("1", "alice");
    time.advanceTo(1_900);
    watch("1", "alice");
    time.advanceTo(2_800);
    assertThat(alice.trace).isNotNull();
    time.advanceTo(2_901);
    assertThat(alice.trace).isNull();
  }

  @Test
  void oneBatchIsOnItsWayAtATimeAndTheRestIsLostAndCounted() {
    watch("1", "alice");
    time.advanceTo(time.now() + 1);
    assertThat(batches).hasSize(1);
    int more = FrameQueue.MAX_FRAMES + 10;
    for (int i = 0; i < more; i++) {
      alice.trace.received(message("e" + i));
    }
    time.advanceTo(time.now() + 1);
    assertThat(batches).hasSize(1);
    while (confirmations.size() > 0) {
      confirmations.remove(0).complete();
      time.advanceTo(time.now() + 1);
    }
    assertThat(batches.stream().mapToInt(TraceFrames::getFramesCount).sum())
        .isEqualTo(1 + FrameQueue.MAX_FRAMES);
    assertThat(batches.stream().mapToLong(TraceFrames::getLost).sum()).isEqualTo(10);
  }

  @Test
  void framesOfABatchThatIsNotConfirmedCountAsLost() {
    watch("1", "alice");
    time.advanceTo(time.now() + 1);
    confirmations.remove(0).complete();
    batches.clear();
    alice.trace.received(message("1"));
    alice.trace.received(message("2"));
    time.advanceTo(time.now() + 1);
    confirmations.remove(0).fail("nobody answers");
    alice.trace.received(message("3"));
    time.advanceTo(time.now() + 1);
    assertThat(batches.get(1).getLost()).isEqualTo(3);
    confirmations.remove(0).complete();
    alice.trace.received(message("4"));
    time.advanceTo(time.now() + 1);
    assertThat(batches.get(2).getFramesList()).hasSize(1);
  }

  @Test
  void watchesAreBounded() {
    for (int i = 0; i < Tracer.MAX_WATCHES; i++) {
      assertThat(watch("w" + i, "alice")).isTrue();
    }
    assertThat(watch("one more", "alice")).isFalse();
    assertThat(watch("w0", "alice")).isTrue();
  }
}
