namespace PmOrleans.Node.Log.Writing;

/// <summary>Where tests make the store fail. Every method runs on the writer's thread; what it throws is taken for an error of the store.</summary>
internal class LogFaults
{
    public static readonly LogFaults None = new();

    /// <summary>Before the writer's connection is opened, at start and after a doubt.</summary>
    public virtual void Opening()
    {
    }

    /// <param name="connection">The writer's connection, of the store's own type.</param>
    public virtual void Opened(IDisposable connection)
    {
    }

    /// <summary>Before BEGIN of a batch, a probe or a resolution.</summary>
    public virtual void BeforeBegin()
    {
    }

    public virtual void BeforeInsert(PendingAppend record)
    {
    }

    /// <summary>All is written, COMMIT was not sent.</summary>
    public virtual void BeforeCommit()
    {
    }

    /// <summary>Throwing means: COMMIT was sent, did not happen, and nobody can tell.</summary>
    public virtual void Committing()
    {
    }

    /// <summary>Throwing means: COMMIT happened, and nobody can tell.</summary>
    public virtual void AfterCommit()
    {
    }
}
