using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Authentication;
using PmOrleans.Simulator.Http;

namespace PmOrleans.Simulator.Load;

/// <summary>A gateway, the connections to it, and what waits for one of them.</summary>
internal sealed class GatewayUnderLoad : IAsyncDisposable
{
    private static readonly TimeSpan TriesEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan DeadAfter = TimeSpan.FromSeconds(5);

    private readonly Uri _url;
    private readonly GatewayTrust _trust;
    private readonly Workload _workload;
    private readonly LoadTally _tally;
    private readonly int _most;
    private readonly ConcurrentStack<LoadConnection> _idle = new();
    private readonly ConcurrentQueue<Arrival> _waiting = new();
    private readonly ConcurrentDictionary<LoadConnection, bool> _open = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _opening;
    private int _wanted;
    private int _standing;
    private bool _isRefused;
    private long _lastAlive = Stopwatch.GetTimestamp();

    public GatewayUnderLoad(Uri url, GatewayTrust trust, Workload workload, LoadTally tally, int connections, int most)
    {
        (_url, _trust, _workload, _tally, _most, _wanted) = (url, trust, workload, tally, most, Math.Min(connections, most));
        _opening = OpenAsync();
    }

    public Uri Url => _url;

    public int Connections => Volatile.Read(ref _standing);

    public int Waiting => _waiting.Count;

    /// <summary>No connection stands and the last try was refused: others can take what waits here.</summary>
    public bool IsDown => Connections == 0 && Volatile.Read(ref _isRefused);

    /// <summary>Nobody has answered there, not even a connection, for five seconds.</summary>
    public bool IsDead => Connections == 0 && Stopwatch.GetElapsedTime(Volatile.Read(ref _lastAlive)) > DeadAfter;

    public string? LastTrouble { get; private set; }

    /// <summary>Whether all the connections that may be opened stand.</summary>
    public bool IsAtMost => Connections >= _most;

    /// <summary>Completes when the first connections stand, or cannot.</summary>
    public async Task<bool> ReadyAsync(TimeSpan limit)
    {
        var began = Stopwatch.GetTimestamp();
        while (Connections < Volatile.Read(ref _wanted) && Stopwatch.GetElapsedTime(began) < limit)
        {
            await Task.Delay(5);
        }

        return Connections > 0;
    }

    /// <summary>Begins a request now if a connection is free; otherwise it waits for one, and one more is opened.</summary>
    public void Begin(in Arrival arrival)
    {
        if (_waiting.IsEmpty && _idle.TryPop(out var connection))
        {
            _tally.SendLag.Record(Stopwatch.GetElapsedTime(arrival.Intended));
            Send(connection, arrival);
            return;
        }

        _waiting.Enqueue(arrival);
        if (Volatile.Read(ref _wanted) < _most && _waiting.Count > 1)
        {
            Interlocked.Increment(ref _wanted);
        }

        Serve();
    }

    /// <summary>What waits goes to what is free; what has waited for ten seconds is given up.</summary>
    public void Serve()
    {
        while (_waiting.TryPeek(out var oldest))
        {
            if (Stopwatch.GetElapsedTime(oldest.Intended) > TimeSpan.FromSeconds(10))
            {
                if (_waiting.TryDequeue(out var late))
                {
                    _tally.NotSent(late, Connections > 0 ? "no free connection for 10 s" : LastTrouble ?? "no connection");
                }
            }
            else if (_idle.TryPop(out var connection))
            {
                if (_waiting.TryDequeue(out var next))
                {
                    Send(connection, next);
                }
                else
                {
                    _idle.Push(connection);
                }
            }
            else
            {
                return;
            }
        }
    }

    /// <summary>What waits goes to another gateway, with the start it was meant to have.</summary>
    public void HandOver(GatewayUnderLoad other)
    {
        while (_waiting.TryDequeue(out var arrival))
        {
            other.Begin(arrival);
        }
    }

    /// <summary>Gives up what still waits; for the end of a run.</summary>
    public void GiveUp()
    {
        while (_waiting.TryDequeue(out var arrival))
        {
            _tally.NotSent(arrival, LastTrouble ?? "no free connection");
        }
    }

    public void Answered(LoadConnection connection, in Arrival arrival, int status, long at)
    {
        Volatile.Write(ref _lastAlive, at);
        _tally.Answered(arrival, status, Stopwatch.GetElapsedTime(arrival.Intended, at));
        if (_waiting.TryDequeue(out var next))
        {
            Send(connection, next);
        }
        else
        {
            _idle.Push(connection);
        }
    }

    /// <param name="isFirst">Whether the connection stood until now.</param>
    public void Lost(LoadConnection connection, bool isFirst, Arrival? arrival, string why)
    {
        if (isFirst && _open.TryRemove(connection, out _))
        {
            Interlocked.Decrement(ref _standing);
        }

        LastTrouble = why;
        if (arrival is { } unanswered)
        {
            _tally.Lost(unanswered, why);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _opening;
        foreach (var connection in _open.Keys)
        {
            _open.TryRemove(connection, out _);
            connection.Dispose();
        }

        _stop.Dispose();
    }

    private void Send(LoadConnection connection, in Arrival arrival)
    {
        if (connection.IsLost)
        {
            // It was lost while it stood idle: the request is not.
            _waiting.Enqueue(arrival);
            return;
        }

        _tally.Sent();
        connection.Send(arrival, _workload);
    }

    /// <summary>Keeps as many connections open as are wanted; tries again where the gateway refuses.</summary>
    private async Task OpenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var refused = false;
            while (Connections < Volatile.Read(ref _wanted) && !refused && !_stop.IsCancellationRequested)
            {
                var connection = new LoadConnection(this);
                try
                {
                    await connection.OpenAsync(_url, _trust, _stop.Token);
                    Volatile.Write(ref _lastAlive, Stopwatch.GetTimestamp());
                    Volatile.Write(ref _isRefused, false);
                    _open[connection] = true;
                    Interlocked.Increment(ref _standing);
                    connection.Listen();
                    _idle.Push(connection);
                }
                catch (Exception failed) when (failed is SocketException or OperationCanceledException or IOException or AuthenticationException)
                {
                    connection.Dispose();
                    LastTrouble = failed is OperationCanceledException ? "no connection within 5 s" : failed.Message;
                    Volatile.Write(ref _isRefused, true);
                    refused = true;
                }
            }

            await Task.Delay(refused ? TriesEvery : TimeSpan.FromMilliseconds(2), CancellationToken.None);
        }
    }
}
