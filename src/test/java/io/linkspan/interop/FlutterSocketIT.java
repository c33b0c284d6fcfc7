package io.linkspan.interop;

import io.linkspan.connection.CloseReason;
import io.linkspan.connection.CloseReason.MayReturn;
import io.linkspan.testing.NodeScript;
import io.linkspan.testing.RequiresNode;
import io.vertx.core.json.JsonArray;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the class LinkspanSocket of docs/flutter.md, which is turned into JavaScript. */
@RequiresNode
class FlutterSocketIT {

  @ParameterizedTest
  @ValueSource(strings = {"resume", "closingWhileConnecting", "attemptsThatTakeTooLong"})
  void theSocketFollowsTheProtocol(String scenario) throws InterruptedException {
    NodeScript.run("dart.mjs", scenario);
  }

  @Test
  void theSocketEndsAfterTheCloseCodesThatForbidAReconnect() throws InterruptedException {
    Set<MayReturn> again = EnumSet.of(MayReturn.AT_ONCE, MayReturn.LATER);
    var codes = new JsonArray();
    for (CloseReason reason : CloseReason.values()) {
      if (!again.contains(reason.mayReturn())) {
        codes.add(reason.code());
      }
    }
    NodeScript.run("dart.mjs", "closeCodes", codes.encode());
  }
}
