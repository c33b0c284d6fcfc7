package io.linkspan.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.linkspan.api.Headers;
import io.linkspan.api.Message;
import io.linkspan.delivery.DeliveryScope;
import io.linkspan.log.LogPosition;
import io.linkspan.log.LogRead;
import io.linkspan.log.LogStore;
import io.linkspan.log.MemoryLogStore;
import io.linkspan.mailbox.MailboxConfig;
import io.linkspan.memory.SharedMemoryAccount;
import io.linkspan.session.SimulatedCluster.Client;
import io.linkspan.session.SimulatedCluster.NodeProcess;
import io.linkspan.testing.RecordingCallback;
import io.linkspan.testing.TestMemory;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Mailboxes of a simulated cluster where each device has its own, at most three of a user. */
class MailboxesOfDevicesSimulationTest {

  private static final long HOUR = 3_600_000;

  private final LogStore store =
      new MemoryLogStore(new SharedMemoryAccount(TestMemory.budget()), 1 << 30);
  private SimulatedCluster cluster = cluster(1);

  private SimulatedCluster cluster(long seed) {
    return new SimulatedCluster(seed, 0, 3, store, MailboxConfig.Per.DEVICE);
  }

  private Client device(String key) {
    Client client = cluster.new Client("alice");
    client.device = key;
    client.connect();
    cluster.time.advance(5_000);
    return client;
  }

  private void visit(String key) {
    device(key).leave();
    cluster.time.advance(5_000);
  }

  private void send(String id) {
    Message message =
        Message.newBuilder()
            .setTo("user:alice")
            .setFrom("service:shop")
            .setEventId(id)
            .putHeaders(Headers.TTL, "3600")
            .build();
    NodeProcess from = cluster.nodes.get(cluster.random.nextInt(3));
    var outcome = new RecordingCallback();
    from.run(() -> from.shard.route(message, DeliveryScope.ACCEPTED, all -> outcome));
    cluster.time.advance(2_000);
    assertThat(outcome.outcome()).isEqualTo("transport");
  }

  private List<String> send(int first, int count) {
    List<String> ids = IntStream.range(first, first + count).mapToObj(i -> "m" + i).toList();
    ids.forEach(this::send);
    return ids;
  }

  private List<String> forgotten() {
    return cluster.events.stream()
        .filter(event -> event.getString("event").equals("mailbox-device-forgotten"))
        .map(event -> event.getString("device"))
        .toList();
  }

  @Test
  void eachDeviceReceivesEachMessageOnce() {
    visit("phone");
    visit("laptop");
    List<String> sent = send(0, 20);

    assertThat(device("phone").inOrder).containsExactlyElementsOf(sent);
    assertThat(device("laptop").inOrder).containsExactlyElementsOf(sent);
    assertThat(device("phone").inOrder).isEmpty();
    assertThat(device("laptop").inOrder).isEmpty();
  }

  @Test
  void connectedDevicesReceiveAMessageEach() {
    Client phone = device("phone");
    Client laptop = device("laptop");
    List<String> sent = send(0, 3);
    assertThat(phone.inOrder).containsExactlyElementsOf(sent);
    assertThat(laptop.inOrder).containsExactlyElementsOf(sent);
  }

  @Test
  void clientsWithoutAKeyAreOneDevice() {
    visit("phone");
    visit("");
    List<String> sent = send(0, 3);

    assertThat(device("").inOrder).containsExactlyElementsOf(sent);
    assertThat(device("").inOrder).isEmpty();
    assertThat(device("phone").inOrder).containsExactlyElementsOf(sent);
  }

  @Test
  void theFirstDeviceReceivesWhatWasKeptBeforeAnyWasKnown() {
    List<String> sent = send(0, 3);
    assertThat(device("phone").inOrder).containsExactlyElementsOf(sent);
    assertThat(device("laptop").inOrder).isEmpty();
  }

  @Test
  void aNewDeviceReceivesWhatIsKeptFromThenOn() {
    visit("phone");
    List<String> before = send(0, 3);
    visit("laptop");
    List<String> after = send(3, 3);

    assertThat(device("laptop").inOrder).containsExactlyElementsOf(after);
    assertThat(device("phone").inOrder).startsWith(before.toArray(String[]::new)).endsWith("m5");
  }

  @Test
  void ofTooManyDevicesTheOneThatWasSeenLeastRecentlyIsForgotten() {
    visit("one");
    visit("two");
    visit("three");
    visit("one");
    List<String> sent = send(0, 3);
    visit("four");

    assertThat(forgotten()).containsExactly("two");
    assertThat(device("two").inOrder).isEmpty();
    assertThat(forgotten()).containsExactly("two", "three");
    assertThat(device("one").inOrder).containsExactlyElementsOf(sent);
  }

  @Test
  void aDeviceThatStaysConnectedIsSeenAgainAndAgain() {
    Client phone = device("phone");
    cluster.time.advance(3 * HOUR);
    assertThat(timesSeen()).isGreaterThanOrEqualTo(8);
    phone.leave();
    cluster.time.advance(HOUR);
    long times = timesSeen();
    cluster.time.advance(3 * HOUR);
    assertThat(timesSeen()).isEqualTo(times);
  }

  /** The store knows the device of the user by the latest time that it was seen. */
  private long timesSeen() {
    LogRead read = store.read("devices:alice", LogPosition.START, 9, 9_999, 0).result();
    assertThat(((LogRead.Page) read).entries()).hasSize(1);
    return ((LogRead.Page) read).end();
  }

  /** Two devices whose links end, that leave and connect again, and a sender. */
  @RepeatedTest(100)
  void nothingIsLostOrOvertakenOnAnyDevice(RepetitionInfo seed) {
    cluster = cluster(seed.getCurrentRepetition());
    List<List<Client>> devices = new ArrayList<>();
    for (String key : List.of("phone", "laptop")) {
      devices.add(new ArrayList<>(List.of(device(key))));
    }
    for (int i = 0; i < 30; i++) {
      send("m" + i);
      List<Client> of = devices.get(cluster.random.nextInt(2));
      Client last = of.get(of.size() - 1);
      switch (cluster.random.nextInt(3)) {
        case 0 -> last.loseLink();
        case 1 -> {
          last.leave();
          of.add(device(last.device));
        }
        default -> {
          // It stays.
        }
      }
    }
    cluster.time.advance(60_000);

    List<String> sent = IntStream.range(0, 30).mapToObj(i -> "m" + i).toList();
    for (List<Client> of : devices) {
      var first = new LinkedHashSet<String>();
      of.forEach(client -> first.addAll(client.inOrder));
      assertThat(first).containsExactlyElementsOf(sent);
    }
  }
}
