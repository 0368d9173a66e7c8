using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using PmOrleans.Node.Refolding;

namespace PmOrleans.Node.Tests.Refolding;

/// <summary>How the nodes of a cluster divide a sweep among them, against a plain model: who died, who was frozen and wakes up, who joined, and other definitions in between.</summary>
public sealed class SweepMarkTests
{
    [Fact]
    public void nobody_is_left_out_and_a_shard_is_done_twice_only_where_somebody_was_lost() =>
        Check.One(
            Config.QuickThrowOnFailure.WithReplay(20_261_129, 9).WithMaxTest(300),
            Prop.ForAll(ArbMap.Default.ArbFor<int>(), seed => new World(seed).Run(600)));

    [Fact]
    public void a_mark_is_read_back_as_it_was_written()
    {
        var mark = SweepMark.Begin(null, new RefoldTarget(ulong.MaxValue, 7), 12).Claim(long.MaxValue, [long.MaxValue, 3], 0, out var taken);
        mark = mark.Finish(long.MaxValue, taken & (taken - 1)) with { Version = 14 };

        var read = SweepMark.Read(mark.ToArray())!;

        Assert.Equal([.. mark.Claims], read.Claims.ToArray());
        Assert.Equal(mark, read with { Claims = mark.Claims });
        Assert.True(mark.Done != 0 && taken != 0);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(200)]
    public void the_work_is_handed_out_in_large_parts_first_and_all_of_it(int nodes)
    {
        var writers = Enumerable.Range(1, nodes).Select(node => (long)node).ToList();
        var (mark, sizes, all) = (SweepMark.Begin(null, default, 1), new List<int>(), 0UL);
        for (var n = 0; all != ulong.MaxValue; n++)
        {
            mark = mark.Claim(writers[n % nodes], writers, all, out var taken);
            Assert.True(taken != 0 && (taken & all) == 0);
            sizes.Add(BitOperations.PopCount(taken));
            all |= taken;
        }

        Assert.Equal(sizes.OrderDescending(), sizes);
    }

    /// <summary>The store with its mark, processes that take, visit and finish in any order, and how far each customer (one of a shard) is up to date.</summary>
    private sealed class World(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly List<Process> _processes = [];
        private readonly HashSet<long> _writers = [];
        private readonly int[] _upToDate = new int[SweepMark.Shards];
        private SweepMark _mark = SweepMark.Begin(null, default, 1);
        private long _epochs;
        private int _visits;
        private int _lost;

        public bool Run(int steps)
        {
            Join();
            for (var step = 0; step < steps; step++)
            {
                Step(_processes[_random.Next(_processes.Count)]);
                Check();
            }

            // Those who are left go on until there is nothing to do.
            Join();
            _processes.RemoveAll(process => !_writers.Contains(process.Epoch));
            for (var n = 0; !_mark.IsDone; n++)
            {
                Assert.True(n < 10_000, "the sweep does not end");
                var process = _processes[_random.Next(_processes.Count)];
                Read(process);
                Write(process);
                Visit(process);
                Check();
            }

            Assert.InRange(_visits, SweepMark.Shards, SweepMark.Shards + _lost);
            return true;
        }

        private void Step(Process process)
        {
            switch (_random.Next(12))
            {
                case 0 when _processes.Count < 6:
                    Join();
                    break;
                case 1 when _writers.Count > 1 && _writers.Contains(process.Epoch):
                    // Sealed, dead or frozen: whatever it does from here on, it can write nothing.
                    _writers.Remove(process.Epoch);
                    _lost += BitOperations.PopCount(process.Held);
                    break;
                case 2 when !_writers.Contains(process.Epoch) && _processes.Count > 1:
                    _processes.Remove(process);
                    break;
                case 3 when _random.Next(20) == 0:
                    _mark = SweepMark.Begin(_mark, new RefoldTarget((ulong)_mark.Pass, 0), _mark.Version + 1);
                    (_visits, _lost) = (0, 0);
                    break;
                case 4 when _writers.Contains(process.Epoch) && _random.Next(4) == 0:
                    // A pass that broke off: what it had in hand it takes again.
                    _lost += BitOperations.PopCount(process.Held & ~process.Finished);
                    process.Held = process.Finished;
                    break;
                case 5 when _writers.Contains(process.Epoch) && process.Pass == _mark.Pass && _random.Next(4) == 0:
                    _lost += BitOperations.PopCount(process.Held & ~process.Finished);
                    _mark = _mark.Finish(process.Epoch, process.Finished).Release(process.Epoch);
                    process.Held = process.Finished = 0;
                    break;
                case < 8:
                    Read(process);
                    break;
                case < 10:
                    Write(process);
                    break;
                default:
                    Visit(process);
                    break;
            }
        }

        private void Join()
        {
            _processes.Add(new Process(++_epochs));
            _writers.Add(_epochs);
        }

        /// <summary>First the mark, then who may write; the mark may be another by the time it is changed.</summary>
        private void Read(Process process) => (process.Read, process.Writing) = (_mark, [.. _writers]);

        private void Write(Process process)
        {
            if (process.Read is not { } mark || !ReferenceEquals(mark, _mark) || !_writers.Contains(process.Epoch))
            {
                return;
            }

            if (process.Pass != mark.Pass)
            {
                (process.Pass, process.Held, process.Finished) = (mark.Pass, 0, 0);
            }

            _mark = mark.Finish(process.Epoch, process.Finished).Claim(process.Epoch, process.Writing, process.Held, out var taken);
            Assert.Equal(0UL, taken & mark.Done);
            process.Held |= taken;
        }

        private void Visit(Process process)
        {
            if ((process.Held & ~process.Finished) is 0)
            {
                return;
            }

            var shard = BitOperations.TrailingZeroCount(process.Held & ~process.Finished);
            _upToDate[shard] = Math.Max(_upToDate[shard], process.Pass);
            process.Finished |= 1UL << shard;
            _visits += process.Pass == _mark.Pass ? 1 : 0;
        }

        private void Check()
        {
            for (var shard = 0; shard < SweepMark.Shards; shard++)
            {
                Assert.False((_mark.Done & (1UL << shard)) != 0 && _upToDate[shard] != _mark.Pass, $"shard {shard} counts as done, and was never visited");
            }
        }
    }

    private sealed class Process(long epoch)
    {
        public long Epoch { get; } = epoch;

        public int Pass { get; set; }

        public ulong Held { get; set; }

        public ulong Finished { get; set; }

        public SweepMark? Read { get; set; }

        public HashSet<long> Writing { get; set; } = [];
    }
}
