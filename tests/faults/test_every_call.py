"""One plain journey, with every fault at every AWS call that it makes."""
import time, traceback
from collections import Counter
from tests.faults.plan import EVERY_FAULT
from tests.faults.world import World, Create, Upload, StartIngest, List, Edit, Read, Delete

JOURNEY = [Create(0), Upload(0, 0), StartIngest(0), List(2, "desc"), Edit(0, "moon", guarded=True), Read(0), Delete(0)]

def test_plain(world: World) -> None:
    failures = []
    t=time.perf_counter(); n=0
    for a, action in enumerate(JOURNEY):
      i = 0
      while True:
        for fault in EVERY_FAULT:
          world.begin()
          n += 1
          try:
            for b, other in enumerate(JOURNEY):
                inj = sum(world.wire.injected.values())
                reply = world.do(other, {i: fault} if a == b else {})
                if a == b:
                    injected = sum(world.wire.injected.values()) - inj
                    status = reply.status
                    if not reply.final:
                        status2 = world.retry(other).status
                    else: status2 = status
                    world.unanswered.clear()
                    if not injected: break
            if not injected: break
            world.settle(); world.check(); world.check_deletable()
          except BaseException as e:
            failures.append((action, i, fault, status, status2, repr(e)[:3000]))
            from moto.dynamodb.models import dynamodb_backends
            for r in world.storage.records():
                world.storage.dynamodb.delete_item(TableName=world.storage.table_name, Key={k: r[k] for k in ("owner_id","photo_id")})
            for k in world.storage.objects(): world.storage.s3.delete_object(Bucket=world.storage.bucket, Key=k)
          else:
            if status2 not in (200,201,204): failures.append((action, i, fault, status, status2, "odd status"))
        if not injected: break
        i += 1
      print(action, i)
    print(failures)
    with open("/tmp/scratch/every", "w") as f:
        for x in failures: print(*x, file=f)
        print(n, len(failures), time.perf_counter()-t, world.wire.injected, file=f)
